// One operation of a network, as an executor is asked for it: what the laws compare.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fractal/registry/variant.hpp>

namespace fractal::laws {

/// Values are numbered: 0 is the input, and each operation makes the next number.
struct Operation {
    std::string_view
        kind;        ///< `convolution`, `pointwise`, `custom`, `join`, `pool`, `channel_dropout`, `head`
    int slot = -1;   ///< the first one it uses; -1 for none
    int unit = -1;   ///< of a join
    int step = -1;   ///< of a join
    int percent = 0; ///< of a channel dropout
    std::vector<std::string_view> layers{};
    std::vector<int> inputs{};
    Shape shape{}; ///< of the value it makes

    bool operator==(const Operation&) const = default;

    /// Slots that it uses.
    int slots() const { return slot < 0 ? 0 : std::max(1, static_cast<int>(layers.size())); }

    std::string text() const {
        std::string text(kind);
        const auto add = [&text](std::string_view word, int number) {
            if (number >= 0) text.append(" ").append(word).append(std::to_string(number));
        };
        add("slot ", slot);
        add("unit ", unit);
        add("step ", step);
        if (percent > 0) add("percent ", percent);
        for (const std::string_view layer : layers) text.append(" ").append(layer);
        for (const int input : inputs) add("of ", input);
        return text.append(" -> ").append(shape.text().view());
    }
};

/// Empty where the two lists are equal; else where they part.
inline std::string first_difference(const std::vector<Operation>& got,
                                    const std::vector<Operation>& expected) {
    const auto text = [](const std::vector<Operation>& list, std::size_t i) {
        return i < list.size() ? list[i].text() : std::string("nothing");
    };
    for (std::size_t i = 0; i < std::max(got.size(), expected.size()); ++i) {
        if (i < got.size() && i < expected.size() && got[i] == expected[i]) continue;
        return "operation " + std::to_string(i) + ": " + text(got, i) + "; expected " + text(expected, i);
    }
    return {};
}

} // namespace fractal::laws
