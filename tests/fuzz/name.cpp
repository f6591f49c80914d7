// Names of variants: what is read and is a network is written again as it was read.
#include <fractal/spec/fault.hpp>
#include <fractal/spec/parse.hpp>

#include "base/near_misses.hpp"
#include "fuzz.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const ParsedName full = parse_full_name(text);
    if (full.fault.empty() && network_fault(full.net).empty()) {
        fuzz::require(full_name(full.net).view() == text,
                      "a network's name is the text that it was read from");
    }
    NetworkSpec fixed{.input = {3, 32, 32}, .base_width = 16, .classes = 10};
    const ParsedName brief = parse_short_name(text, "paper", fixed);
    fuzz::require(brief.fault.empty() || !brief.fault.view().empty(), "a refusal says why");
    constexpr std::array<std::string_view, 2> known{"paper/d1-c1-conv3", "compact/d4-c2-conv3.bn.relu"};
    did_you_mean(text, known);
    return 0;
}
