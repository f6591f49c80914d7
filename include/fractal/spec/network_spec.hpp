// A network as a value: everything that decides what it computes, readable at compile time and at run time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <fractal/spec/layer.hpp>

namespace fractal {

inline constexpr int max_columns = 8;       ///< of a fractal
inline constexpr int max_depth = 16;        ///< units of a network
inline constexpr int most_extent = 999'999; ///< of an image, and classes: six digits of a name
inline constexpr int max_order_length = 16; ///< layers of a firing

/// What stands between the last unit and the logits: a linear layer with bias over all features, or over the
/// mean of each channel.
enum class HeadKind : std::uint8_t { flatten, global_average_pool };

/// Where a unit pools: its joined value (the published placement), or each column before the last join.
enum class PoolPlacement : std::uint8_t { after_join, before_join };

/// How paths are dropped while training (semantics: Drop-path). `local`: at each join, each value with a
/// probability of its own. `global`: one column for the whole network. `mixed`: one or the other by the toss
/// of a coin.
enum class DropPathMode : std::uint8_t { none, local, global, mixed };

/// The layers of one firing, in the order in which they run. The layers themselves stand in static storage.
struct LayerOrder {
    std::array<const LayerSpec*, max_order_length> items{}; ///< the first `count` are used
    int count = 0;                                          ///< number of layers

    /// Adds a layer at the end; there must be room.
    constexpr void append(const LayerSpec& layer) { items[static_cast<std::size_t>(count++)] = &layer; }
    /// The first layer.
    constexpr const LayerSpec* const* begin() const { return items.data(); }
    /// Past the last layer.
    constexpr const LayerSpec* const* end() const { return items.data() + count; }
    /// Layer `i`, from 0.
    constexpr const LayerSpec& operator[](int i) const { return *items[static_cast<std::size_t>(i)]; }
};

/// The value form of a `Network` type.
struct NetworkSpec {
    Shape input{};                                  ///< one image
    int depth = 0;                                  ///< number of units
    int columns = 0;                                ///< columns of each unit's fractal
    LayerOrder order{};                             ///< the layers of each firing
    int base_width = 0;                             ///< channels of unit 0
    HeadKind head = HeadKind::flatten;              ///< how features become logits
    int classes = 0;                                ///< of the head
    PoolPlacement pool = PoolPlacement::after_join; ///< where a unit pools
    bool transition = false; ///< a 1x1 convolution to the unit's width wherever the channels change
    std::array<std::uint8_t, max_depth> unit_dropout{}; ///< percent dropped after unit i's pool
    DropPathMode drop_path = DropPathMode::none;        ///< in training, unless the run says otherwise

    /// Channels of unit `unit`: base * 2^min(unit, 3).
    constexpr int width(int unit) const { return base_width << std::min(unit, 3); }
    /// Channels that enter unit `unit`.
    constexpr int channels_into(int unit) const { return unit == 0 ? input.channels : width(unit - 1); }
    /// A transition changes the number of channels; a unit that keeps them has none.
    constexpr bool has_transition(int unit) const { return transition && channels_into(unit) != width(unit); }
    /// Percent of channels dropped after a unit's pool.
    constexpr int dropout_after(int unit) const { return unit_dropout[static_cast<std::size_t>(unit)]; }
};

} // namespace fractal
