// From patterns, selections and exclusions to variants.
#include "check.hpp"

#include <string>

#include "base/error.hpp"
#include "driver/select.hpp"
#include "unit/driver_fixture.hpp"

using namespace fractal;
using namespace fractal::driver;
using namespace fractal::driver::testing;

namespace {

std::size_t count(const Wanted& wanted) {
    return choose(small_registry(), small_selections, wanted).variants.size();
}

std::string refusal(const Wanted& wanted) {
    try {
        choose(small_registry(), small_selections, wanted);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("patterns add up, selections add up, both restrict each other, exclusions take away") {
    CHECK(count({}) == 8);
    CHECK(count({.patterns = {"*-c1-*"}}) == 1);
    CHECK(count({.patterns = {"*-c1-*", "*-c2-*"}}) == 3);
    CHECK(count({.selections = {"two-columns"}}) == 2);
    CHECK(count({.patterns = {"*-d1-*"}, .selections = {"two-columns"}}) == 1);
    CHECK(count({.patterns = {"*"}, .exclusions = {"*-d1-*"}}) == 3);
    CHECK(count({.patterns = {"net/3x32x32-d1-c1-w16-gap10-conv3"}}) == 1);
}

TEST_CASE("what describes nothing is an error that names near misses") {
    CHECK(refusal({.patterns = {"net/3x32x32-d1-c1-w16-gap10-conf3"}}) ==
          "net/3x32x32-d1-c1-w16-gap10-conf3 is no variant (fractal list shows what there is); did you mean "
          "net/3x32x32-d1-c1-w16-gap10-conv3, net/3x32x32-d1-c2-w16-gap10-conv3 or "
          "net/3x32x32-d1-c5-w16-gap10-conv3?");
    CHECK(refusal({.patterns = {"papr/*"}}).find("papr/* matches no variant") == 0);
    CHECK(refusal({.patterns = {"papr/*"}}).find("did you mean 'paper/*'?") != std::string::npos);
    CHECK(refusal({.selections = {"two-colums"}}) ==
          "--select two-colums: there is no such selection (fractal list --selections lists them); did you "
          "mean "
          "two-columns?");
    CHECK(refusal({.patterns = {"cheap"}}) == "cheap is no variant but a selection: --select cheap");
    CHECK(refusal({.exclusions = {"nothing*"}}).find("nothing* matches no variant") == 0);
    CHECK(refusal({.patterns = {"*-c1-*"}, .selections = {"two-columns"}})
              .find("no variant is left of the 8") == 0);
}

TEST_CASE("a name that the manifest alone has is not compiled in, and how to build it is said") {
    CHECK(refusal({.patterns = {"paper/d5-c6-conv3"}}) ==
          "paper/d5-c6-conv3 exists but is not compiled in: configure with cmake "
          "-DFRACTAL_VARIANTS=paper/d5-c6-conv3 "
          "and build again");
    CHECK(refusal({.patterns = {"paper/*"}}) ==
          "paper/* describes 1 variant that exists but is not compiled in: configure with cmake "
          "-DFRACTAL_VARIANTS='paper/*' and build again");
    CHECK(choose(small_registry(), small_selections, {.patterns = {"*"}}).not_compiled == 1);
}
