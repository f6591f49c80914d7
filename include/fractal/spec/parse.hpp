// The inverse of fractal/spec/name.hpp: reads a canonical name. A header of its own, because the alphabet
// costs a fifth of a second to compile, which the units of the variants need not pay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <fractal/spec/alphabet.hpp>
#include <fractal/spec/name.hpp>
#include <fractal/spec/network_spec.hpp>

namespace fractal {

/// What a name was read as. `fault` is empty where it was understood; else it says what was expected where.
struct ParsedName {
    NetworkSpec net{}; ///< where there is no fault
    Line fault{};      ///< what was expected where
};

namespace detail {

/// Reads a name from left to right and remembers the first thing that it did not understand.
class NameReader {
public:
    constexpr NameReader(std::string_view text, std::span<const LayerSpec> alphabet)
        : text_(text),
          rest_(text),
          alphabet_(alphabet) {}

    constexpr bool take(std::string_view word) {
        if (!fault_.empty() || !rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    constexpr void expect(std::string_view word) {
        if (!take(word)) refuse(line("`", word, "`"));
    }
    constexpr int number() {
        int value = 0;
        std::size_t digits = 0;
        while (digits < rest_.size() && digits < 6 && rest_[digits] >= '0' && rest_[digits] <= '9') {
            value = value * 10 + (rest_[digits++] - '0');
        }
        const bool canonical = digits == 1 || (digits > 1 && rest_[0] != '0');
        if (!canonical) refuse("a number");
        if (fault_.empty()) rest_.remove_prefix(digits);
        return value;
    }
    constexpr void order(LayerOrder& order) {
        do {
            const std::string_view name = rest_.substr(0, rest_.find_first_of(".-"));
            const std::size_t index = index_of_layer(alphabet_, name);
            if (index == alphabet_.size()) return refuse("the name of a layer, such as conv3, bn or relu");
            if (order.count == max_order_length) return refuse(line("at most ", max_order_length, " layers"));
            order.append(alphabet_[index]);
            rest_.remove_prefix(name.size());
        } while (take("."));
    }
    constexpr void options(NetworkSpec& net) {
        if (take("-prejoin")) net.pool = PoolPlacement::before_join;
        if (take("-t1")) net.transition = true;
        if (take("-ud")) dropouts(net);
        if (take("-dp")) drop_path(net);
    }
    constexpr std::string_view fault() {
        if (!rest_.empty()) refuse("the end of the name");
        return fault_;
    }

private:
    constexpr void dropouts(NetworkSpec& net) {
        std::size_t unit = 0;
        int percent = 0;
        do {
            percent = number();
            if (percent > 99 || unit == net.unit_dropout.size())
                return refuse("a percentage from 0 to 99 for each unit");
            net.unit_dropout[unit++] = static_cast<std::uint8_t>(percent);
        } while (take("."));
        if (percent == 0) refuse("a last percentage above 0");
    }
    constexpr void drop_path(NetworkSpec& net) {
        for (const DropPathMode mode : {DropPathMode::local, DropPathMode::global, DropPathMode::mixed}) {
            if (!take(drop_path_names[static_cast<std::size_t>(mode)])) continue;
            net.drop_path = mode;
            return;
        }
        refuse("local, global or mixed");
    }
    constexpr void refuse(std::string_view expected) {
        if (!fault_.empty()) return;
        fault_.append(line(text_, ": expected ", expected, " at `", rest_, "`"));
    }

    std::string_view text_;
    std::string_view rest_;
    std::span<const LayerSpec> alphabet_;
    Line fault_{};
};

} // namespace detail

/// Reads a full name. Understanding a name says nothing about whether the network is valid; `network_fault`
/// does.
constexpr ParsedName parse_full_name(std::string_view text,
                                     std::span<const LayerSpec> alphabet = layers_of<Alphabet>) {
    ParsedName parsed;
    NetworkSpec& net = parsed.net;
    detail::NameReader reader(text, alphabet);
    reader.expect("net/");
    net.input.channels = reader.number();
    reader.expect("x");
    net.input.height = reader.number();
    reader.expect("x");
    net.input.width = reader.number();
    reader.expect("-d");
    net.depth = reader.number();
    reader.expect("-c");
    net.columns = reader.number();
    reader.expect("-w");
    net.base_width = reader.number();
    net.head = reader.take("-gap") ? HeadKind::global_average_pool : HeadKind::flatten;
    if (net.head == HeadKind::flatten) reader.expect("-flat");
    net.classes = reader.number();
    reader.expect("-");
    reader.order(net.order);
    reader.options(net);
    parsed.fault.append(reader.fault());
    return parsed;
}

/// Reads a short name of the family called `family`, whose fixed axes are those of `fixed`.
constexpr ParsedName parse_short_name(std::string_view text, std::string_view family,
                                      const NetworkSpec& fixed,
                                      std::span<const LayerSpec> alphabet = layers_of<Alphabet>) {
    ParsedName parsed{.net = fixed};
    NetworkSpec& net = parsed.net;
    net.order = {};
    detail::NameReader reader(text, alphabet);
    reader.expect(family);
    reader.expect("/d");
    net.depth = reader.number();
    reader.expect("-c");
    net.columns = reader.number();
    reader.expect("-");
    reader.order(net.order);
    parsed.fault.append(reader.fault());
    return parsed;
}

} // namespace fractal
