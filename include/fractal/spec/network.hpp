// The words in which a person writes a network as a type, and the one line that rejects nonsense.
//
//     using Order = Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>;
//     using Net   = Network<Input<3, 32, 32>, Depth<3>, Columns<2>, Order, Width<64>, Head<Flatten, 10>>;
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <fractal/spec/fault.hpp>
#include <fractal/spec/layers.hpp>

namespace fractal {

namespace detail {

/// A type's name as the compiler writes it; the text is this function's own signature.
template <class T>
constexpr std::string_view type_name() {
    constexpr std::string_view signature = __PRETTY_FUNCTION__;
    constexpr std::string_view marker = "T = ";
    constexpr std::size_t begin = signature.find(marker) + marker.size();
    return signature.substr(begin, signature.find_first_of(";]", begin) - begin);
}

} // namespace detail

/// Shape of one input image.
template <int Channels, int Height, int Wide>
struct Input {
    static constexpr std::string_view word = "Input";
    static constexpr void write(NetworkSpec& net) { net.input = {Channels, Height, Wide}; }
};

/// Number of units, each with a pool.
template <int Units>
struct Depth {
    static constexpr std::string_view word = "Depth";
    static constexpr void write(NetworkSpec& net) { net.depth = Units; }
};

/// Columns of each unit's fractal.
template <int Count>
struct Columns {
    static constexpr std::string_view word = "Columns";
    static constexpr void write(NetworkSpec& net) { net.columns = Count; }
};

/// The layers of one firing, in the order in which they run.
template <class... L>
struct Layers {
    static constexpr std::string_view word = "Layers";
    static constexpr void write(NetworkSpec& net) { (append<L>(net.order), ...); }
    static constexpr Line fault() {
        Line why;
        if (sizeof...(L) > max_order_length) {
            why.append(line("Layers has ", sizeof...(L), " layers; an order has at most ", max_order_length));
        }
        int place = 0;
        [[maybe_unused]] const auto check = [&](bool is_layer, std::string_view type) { // of no layer: unused
            ++place;
            if (is_layer || !why.empty()) return;
            why.append(line("layer ", place, " of the order, ", type,
                            ", is no layer; "
                            "a layer has a static constexpr name and type (fractal/spec/layer.hpp)"));
        };
        (check(Layer<L>, detail::type_name<L>()), ...);
        return why;
    }

private:
    template <class One>
    static constexpr void append(LayerOrder& order) {
        if constexpr (Layer<One>) {
            if (order.count < max_order_length) order.append(layer_spec<One>);
        }
    }
};

/// Channels of unit 0; unit u has base * 2^min(u, 3).
template <int Base>
struct Width {
    static constexpr std::string_view word = "Width";
    static constexpr void write(NetworkSpec& net) { net.base_width = Base; }
};

/// A linear layer over all features.
struct Flatten {
    /// As a value.
    static constexpr HeadKind kind = HeadKind::flatten;
};

/// A linear layer over the mean of each channel.
struct GlobalAveragePool {
    /// As a value.
    static constexpr HeadKind kind = HeadKind::global_average_pool;
};

/// How features become logits: `Kind` is `Flatten` or `GlobalAveragePool`.
template <class Kind, int Classes>
struct Head;
/// The head of a kind that there is.
template <class Kind, int Classes>
    requires requires { HeadKind{Kind::kind}; }
struct Head<Kind, Classes> {
    static constexpr std::string_view word = "Head";
    static constexpr void write(NetworkSpec& net) {
        net.head = Kind::kind;
        net.classes = Classes;
    }
};

/// Pools each column before a unit's last join, as FractalNet's own generator does.
struct PoolBeforeJoin {
    static constexpr std::string_view word = "PoolBeforeJoin";
    static constexpr void write(NetworkSpec& net) { net.pool = PoolPlacement::before_join; }
};

/// A 1x1 convolution to the unit's width before each unit that changes the channels.
template <class L>
struct Transition;
/// The one transition that there is.
template <>
struct Transition<Conv<1>> {
    static constexpr std::string_view word = "Transition";
    static constexpr void write(NetworkSpec& net) { net.transition = true; }
};

/// Percent of channels dropped after the pool of unit 0, 1, …; units without a figure drop none.
template <int... Percents>
struct UnitDropout {
    static constexpr std::string_view word = "UnitDropout";
    static constexpr void write(NetworkSpec& net) {
        int unit = 0;
        for (const int percent : {Percents..., 0}) {
            if (unit == max_depth) return;
            // 100 stands for all that is out of range, in names and for `network_fault`.
            const int kept = percent >= 0 && percent < 100 ? percent : 100;
            net.unit_dropout[static_cast<std::size_t>(unit++)] = static_cast<std::uint8_t>(kept);
        }
    }
    static constexpr Line fault() {
        if (sizeof...(Percents) > max_depth) {
            return line("UnitDropout has ", sizeof...(Percents), " figures; a network has at most ",
                        max_depth, " units");
        }
        for (const int percent : {Percents..., 0}) {
            if (percent < 0 || percent > 99) return line("UnitDropout drops ", percent, " %; give 0 to 99");
        }
        return {};
    }
};

/// How the network's paths are dropped in training; the probability is the run's.
template <DropPathMode Mode>
struct DropPath {
    static constexpr std::string_view word = "DropPath";
    static constexpr void write(NetworkSpec& net) { net.drop_path = Mode; }
};

/// One argument of `Network`. It may complain about its own arguments by a `static constexpr Line fault()`.
template <class T>
concept Word = requires(NetworkSpec& net) {
    { std::string_view(T::word) };
    T::write(net);
};

namespace detail {

template <class T>
inline constexpr bool is_layers = false;
template <class... L>
inline constexpr bool is_layers<Layers<L...>> = true;
template <class T>
using IsLayers = std::bool_constant<is_layers<T>>;

template <class... Words>
constexpr NetworkSpec write_network() {
    NetworkSpec net;
    (Words::write(net), ...);
    return net;
}

template <class Word>
constexpr Line fault_of_word() {
    if constexpr (requires { Word::fault(); }) {
        return Word::fault();
    } else {
        return {};
    }
}

/// What `network_fault` says; a function of no arguments, so that the compiler works it out once.
template <class... Words>
constexpr Line judgement() {
    return network_fault(write_network<Words...>());
}

/// Whether the compiler can judge the network. It cannot where what a user's layer answers is no constant.
template <class... Words>
concept Judged = requires { typename std::bool_constant<judgement<Words...>().empty()>; };

/// The types of a user's own layers in an order.
constexpr Line custom_types(const LayerOrder& order) {
    Line types;
    for (auto layer = order.begin(); layer != order.end(); ++layer) {
        const auto is_same = [&](const LayerSpec* other) { return other->type == (*layer)->type; };
        if ((*layer)->kind != LayerKind::custom || std::any_of(order.begin(), layer, is_same)) continue;
        types.append(types.empty() ? "" : ", ").append((*layer)->type);
    }
    return types;
}

template <class... Words>
struct NetworkFault {
    constexpr Line operator()() const {
        if constexpr ((Word<Words> && ...)) {
            constexpr std::array<std::string_view, sizeof...(Words)> words{Words::word...};
            constexpr std::string_view required[] = {"Input", "Depth", "Columns", "Layers", "Width", "Head"};
            const auto times = [&](std::string_view word) {
                return std::count(words.begin(), words.end(), word);
            };
            for (const std::string_view word : required) {
                if (times(word) == 0)
                    return line("Network<...> has no argument ", word, "<...>; give it once");
            }
            for (const std::string_view word : words) {
                if (times(word) == 1) continue;
                return line("Network<...> has ", times(word), " arguments ", word, "; give it once");
            }
            Line fault;
            (fault.append(fault.empty() ? fault_of_word<Words>() : Line{}), ...);
            constexpr NetworkSpec net = write_network<Words...>();
            if (!fault.empty()) return line(full_name(net), ": ", fault);
            if constexpr (Judged<Words...>) {
                return judgement<Words...>();
            } else {
                return line(full_name(net), ": output, weights, macs or saved of ", custom_types(net.order),
                            " is no constant; declare each constexpr, with a result for every shape, or "
                            "give the compiler more constexpr steps");
            }
        } else {
            Line fault;
            const auto check = [&](bool is_word, std::string_view type) {
                if (is_word || !fault.empty()) return;
                fault.append(line("Network<...>: ", type,
                                  " is no word of a network; use Input, Depth, Columns, "
                                  "Layers, Width, Head or an option"));
            };
            (check(Word<Words>, type_name<Words>()), ...);
            return fault;
        }
    }
};

/// A network that has no fault.
template <class... Words>
struct SoundNetwork {
    /// The layers of each firing, a `Layers<…>`.
    using Order = boost::mp11::mp_front<boost::mp11::mp_copy_if<boost::mp11::mp_list<Words...>, IsLayers>>;

    /// The value form.
    static constexpr NetworkSpec spec = write_network<Words...>();
};

/// True for no text at all. A variable template, because both g++ and clang++ show the arguments of one that
/// makes an assertion fail.
template <Text... Fault>
inline constexpr bool no_fault = sizeof...(Fault) == 0;

/// A network that has one. It reads as some sound network, so that this assertion is the only complaint.
template <Text... Fault>
struct FaultyNetwork
    : SoundNetwork<Input<1, 2, 2>, Depth<1>, Columns<1>, Layers<Conv<1>>, Width<1>, Head<Flatten, 1>> {
    static_assert(no_fault<Fault...>, "no valid Network; the text in no_fault<...> says why, and the remedy");
};

template <class... Words>
inline constexpr auto& fault_of = frozen_text<NetworkFault<Words...>>;

template <bool Sound, class... Words>
struct JudgedNetwork {
    using type = SoundNetwork<Words...>;
};
template <class... Words>
struct JudgedNetwork<false, Words...> : InPieces<FaultyNetwork, fault_of<Words...>> {};

template <class... Words>
inline constexpr bool is_sound = fault_of<Words...>.view().empty();

} // namespace detail

/// A network: the words above, in any order, each of Input, Depth, Columns, Layers, Width and Head once.
template <class... Words>
struct Network : detail::JudgedNetwork<detail::is_sound<Words...>, Words...>::type {
    /// Named again, or clang++ would say of a network with a fault that it has none.
    using Order = typename detail::JudgedNetwork<detail::is_sound<Words...>, Words...>::type::Order;
};

namespace detail {
template <class T>
inline constexpr bool is_valid_network = false;
template <class... Words>
inline constexpr bool is_valid_network<Network<Words...>> = is_sound<Words...>;
} // namespace detail

/// True for a `Network` without a fault. Asking never fails to compile, so negative cases are cheap.
template <class T>
concept ValidNetwork = detail::is_valid_network<T>;

/// The value form of a network type.
template <class Net>
inline constexpr const NetworkSpec& spec_of = Net::spec;

namespace detail {
template <const NetworkSpec& Net>
struct FullName {
    constexpr Line operator()() const { return full_name(Net); }
};
} // namespace detail

/// The full canonical name of a network type.
template <class Net>
inline constexpr std::string_view name_of = frozen_text<detail::FullName<spec_of<Net>>>;

} // namespace fractal
