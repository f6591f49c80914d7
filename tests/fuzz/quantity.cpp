// Durations and sizes on the command line, each text read as both.
#include "base/quantities.hpp"

#include <cmath>

#include "driver/units.hpp"
#include "fuzz.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    fuzz::accepts(
        [&] { fuzz::require(driver::parse_duration("--time-limit", text) > 0, "time is above 0"); });
    fuzz::accepts([&] { fuzz::require(parse_bytes("--memory-budget", text) > 0, "sizes are above 0"); });
    return 0;
}
