// Threads wait briefly unless the user says how.
#include "base/thread_waiting.hpp"

#include <cstdlib>
#include <string>

#include "check.hpp"

TEST_CASE("threads wait briefly, unless the environment says how they wait") {
    ::unsetenv("OMP_WAIT_POLICY");
    ::unsetenv("GOMP_SPINCOUNT");
    CHECK(fractal::wait_briefly());
    const char* const looks = std::getenv("GOMP_SPINCOUNT");
    REQUIRE(looks != nullptr);
    CHECK(std::stoi(looks) > 0);

    ::setenv("GOMP_SPINCOUNT", "7", 1);
    CHECK(!fractal::wait_briefly());
    CHECK(std::string(std::getenv("GOMP_SPINCOUNT")) == "7");

    ::unsetenv("GOMP_SPINCOUNT");
    ::setenv("OMP_WAIT_POLICY", "active", 1);
    CHECK(!fractal::wait_briefly());
    CHECK(std::getenv("GOMP_SPINCOUNT") == nullptr);
    ::unsetenv("OMP_WAIT_POLICY");
}
