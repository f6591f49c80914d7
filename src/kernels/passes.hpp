// The passes of the fused join, one template each for every chain, type and instruction set.
#pragma once

#include <array>
#include <bit>
#include <utility>

#include "kernels/link.hpp"
#include "kernels/traversal.hpp"

namespace fractal::kernels {

namespace {

/// One object for each vector of a column, made by `make(channel)`.
template <int Lanes, int Count, class Make>
auto for_vectors(Column<Lanes, Count> column, const Make& make) {
    return [&]<int... i>(std::integer_sequence<int, i...>) {
        return std::array{make(column.channel(i))...};
    }(std::make_integer_sequence<int, Count>());
}

/// The weight of one of several values in their mean.
template <class Scalar>
AccumulateAs<Scalar> share(std::size_t values) {
    return AccumulateAs<Scalar>(1) / static_cast<AccumulateAs<Scalar>>(values);
}

template <Chain chain, class Scalar>
void statistics(const Extents& map, const Inflow<Scalar>& inflow, AccumulateAs<Scalar>* means,
                AccumulateAs<Scalar>* squares, std::int64_t first, std::int64_t last) {
    using Figure = AccumulateAs<Scalar>;
    for_strips(map, first, last, [&](Strip strip) {
        const auto before = static_cast<Figure>(strip.begin * map.width);
        const auto count = static_cast<Figure>(strip.rows() * map.width);
        const Figure part = count / (before + count);
        for_columns<Figure>(map.channels, [&]<int Lanes, int Count>(Column<Lanes, Count> column) {
            using Io = Access<Scalar, Lanes>;
            using V = typename Io::V;
            const auto entries = for_vectors(column, [&](std::int64_t channel) {
                return Entry<chain, Scalar, Lanes>(inflow, map, strip.image, channel);
            });
            std::array<V, Count> mean{};
            std::array<V, Count> square{};
            for_rows(strip, [&](Strip row) {
                std::array<V, Count> sum{};
                for_pixels(map, row, column, [&](std::int64_t element) {
                    for (int i = 0; i < Count; ++i)
                        sum[i] += entries[i].output(Io::load(inflow.map + element + i * Lanes));
                });
                for (int i = 0; i < Count; ++i) mean[i] += sum[i];
            });
            for (int i = 0; i < Count; ++i) mean[i] /= count;
            for_rows(strip, [&](Strip row) {
                std::array<V, Count> sum{};
                for_pixels(map, row, column, [&](std::int64_t element) {
                    for (int i = 0; i < Count; ++i) {
                        const V d = entries[i].output(Io::load(inflow.map + element + i * Lanes)) - mean[i];
                        sum[i] += d * d;
                    }
                });
                for (int i = 0; i < Count; ++i) square[i] += sum[i];
            });
            // What two parts have together: T. Chan, G. Golub and R. LeVeque 1979.
            for (int i = 0; i < Count; ++i) {
                const std::int64_t at = strip.image * map.channels + column.channel(i);
                if (strip.begin > 0) {
                    const V apart = mean[i] - copied<V>(means + at);
                    mean[i] = copied<V>(means + at) + apart * part;
                    square[i] += copied<V>(squares + at) + apart * apart * (before * part);
                }
                __builtin_memcpy(means + at, &mean[i], sizeof(V));
                __builtin_memcpy(squares + at, &square[i], sizeof(V));
            }
        });
    });
}

/// What several inflows make together, as a function of an element and the vector of the column that begins
/// there.
template <Chain chain, class Scalar, int Lanes, int Count>
auto mean_of(const Extents& map, std::span<const Inflow<Scalar>> inflows, std::int64_t image,
             Column<Lanes, Count> column) {
    return [=, &map](std::int64_t element, int i) {
        using Io = Access<Scalar, Lanes>;
        typename Io::V sum{};
        for (const Inflow<Scalar>& inflow : inflows) {
            const Link<chain, Scalar, Lanes> link(inflow, map, image, column.channel(i));
            sum += Io::rounded(link.output(Io::load(inflow.map + element)));
        }
        return sum * share<Scalar>(inflows.size());
    };
}

/// What one inflow makes.
template <Chain chain, class Scalar, int Lanes, int Count>
auto output_of(const Extents& map, const Inflow<Scalar>& inflow, std::int64_t image,
               Column<Lanes, Count> column) {
    const auto links = for_vectors(column, [&](std::int64_t channel) {
        return Link<chain, Scalar, Lanes>(inflow, map, image, channel);
    });
    return [links, from = inflow.map](std::int64_t element, int i) {
        return links[i].output(Access<Scalar, Lanes>::load(from + element));
    };
}

template <class Scalar, int Lanes, int Count, class Value>
void store_all(const Extents& map, Strip strip, Column<Lanes, Count> column, const Value& value,
               Scalar* out) {
    for_pixels(map, strip, column, [&](std::int64_t element) {
        for (int i = 0; i < Count; ++i) {
            const std::int64_t at = element + i * Lanes;
            Access<Scalar, Lanes>::store(out + at, value(at, i));
        }
    });
}

template <class Scalar, int Lanes, int Count, class Value>
void store_pooled(const Extents& map, Strip strip, Column<Lanes, Count> column, const Value& value,
                  Scalar* out, std::uint8_t* taken) {
    using Io = Access<Scalar, Lanes>;
    for_windows(map, strip, column, [&](std::int64_t to, std::int64_t element) {
        for (int i = 0; i < Count; ++i) {
            auto most = Io::rounded(value(element + i * Lanes, i));
            Lane<Scalar, Lanes> place{};
            for (int other = 1; other < 4; ++other) {
                const auto v = Io::rounded(value(element + in_window(map, other) + i * Lanes, i));
                const auto more = (v > most) | (v != v); // a NaN wins
                most = more ? v : most;
                place = more ? Lane<Scalar, Lanes>{} + other : place;
            }
            Io::store(out + to + i * Lanes, most);
            const auto bytes = converted<std::uint8_t, Lanes>(place);
            __builtin_memcpy(taken + to + i * Lanes, &bytes, sizeof bytes);
        }
    });
}

template <Chain chain, bool pool, class Scalar>
void forward(const Extents& map, std::span<const Inflow<Scalar>> inflows, Scalar* out, std::uint8_t* taken,
             std::int64_t first, std::int64_t last) {
    for_strips(map, first, last, [&](Strip strip) {
        for_columns<AccumulateAs<Scalar>>(map.channels, [&](auto column) {
            const auto store = [&](const auto& value) {
                if constexpr (pool) {
                    store_pooled(map, strip, column, value, out, taken);
                } else {
                    store_all(map, strip, column, value, out);
                }
            };
            if (inflows.size() == 1) {
                store(output_of<chain>(map, inflows[0], strip.image, column));
            } else {
                store(mean_of<chain>(map, inflows, strip.image, column));
            }
        });
    });
}

/// Calls `body(element, i, g)` for each vector i of each pixel of a strip, with one inflow's share of the
/// gradient there: of the map's own, or, with a pool, of its window's where the window took that pixel.
template <bool pool, class Scalar, int Lanes, int Count, class Body>
void for_gradients(const Extents& map, std::size_t inflows, const Scalar* gradient, const std::uint8_t* taken,
                   Strip strip, Column<Lanes, Count> column, const Body& body) {
    using Io = Access<Scalar, Lanes>;
    using V = typename Io::V;
    const auto weight = share<Scalar>(inflows);
    const bool exact = std::has_single_bit(inflows); // a power of two changes no digit
    const auto read = [&](std::int64_t from) {
        const V g = Io::load(gradient + from) * weight;
        return exact ? g : Io::rounded(g);
    };
    if constexpr (!pool) {
        for_pixels(map, strip, column, [&](std::int64_t element) {
            for (int i = 0; i < Count; ++i) body(element + i * Lanes, i, read(element + i * Lanes));
        });
    } else {
        // In the order of pixels, so that sums are those over an unpooled map.
        for_window_pixels(
            map, strip, column,
            [&](std::int64_t from, std::int64_t element, int place) {
                for (int i = 0; i < Count; ++i) {
                    const auto places = converted<Lane<Scalar, 1>, Lanes>(
                        copied<Vec<std::uint8_t, Lanes>>(taken + from + i * Lanes));
                    body(element + i * Lanes, i, places == place ? read(from + i * Lanes) : V{});
                }
            },
            [&](std::int64_t element) {
                for (int i = 0; i < Count; ++i) body(element + i * Lanes, i, V{});
            });
    }
}

template <Chain chain, bool pool, class Scalar>
void reduce(const Extents& map, std::span<const Inflow<Scalar>> inflows, const Scalar* gradient,
            const std::uint8_t* taken, AccumulateAs<Scalar>* sums, std::int64_t first, std::int64_t last) {
    using Figure = AccumulateAs<Scalar>;
    for_strips(map, first, last, [&](Strip strip) {
        for_columns<Figure>(map.channels, [&]<int Lanes, int Count>(Column<Lanes, Count> column) {
            using Io = Access<Scalar, Lanes>;
            using V = typename Io::V;
            for (std::size_t k = 0; k < inflows.size(); ++k) {
                const Inflow<Scalar>& inflow = inflows[k];
                const auto links = for_vectors(column, [&](std::int64_t channel) {
                    return Link<chain, Scalar, Lanes>(inflow, map, strip.image, channel);
                });
                std::array<std::array<V, Count>, 2> sum{};
                for_rows(strip, [&](Strip row) {
                    std::array<std::array<V, Count>, 2> part{};
                    for_gradients<pool>(map, inflows.size(), gradient, taken, row, column,
                                        [&](std::int64_t element, int i, V g) {
                                            const V d = links[i].deviation(Io::load(inflow.map + element));
                                            const V inner = links[i].exit_gradient(d, g);
                                            part[0][i] += inner;
                                            part[1][i] += inner * d;
                                        });
                    for (int which = 0; which < 2; ++which) {
                        for (int i = 0; i < Count; ++i) sum[which][i] += part[which][i];
                    }
                });
                Figure* const at = sums + (strip.image * static_cast<std::int64_t>(inflows.size()) +
                                           static_cast<std::int64_t>(k)) *
                                              2 * map.channels;
                for (int which = 0; which < 2; ++which) {
                    for (int i = 0; i < Count; ++i) {
                        Figure* const to = at + which * map.channels + column.channel(i);
                        if (strip.begin > 0) sum[which][i] += copied<V>(to);
                        __builtin_memcpy(to, &sum[which][i], sizeof(V));
                    }
                }
            }
        });
    });
}

template <Chain chain, bool pool, class Scalar>
void backward(const Extents& map, std::span<const Inflow<Scalar>> inflows, const Scalar* gradient,
              const std::uint8_t* taken, std::int64_t first, std::int64_t last) {
    for_strips(map, first, last, [&](Strip strip) {
        for_columns<AccumulateAs<Scalar>>(
            map.channels, [&]<int Lanes, int Count>(Column<Lanes, Count> column) {
                using Io = Access<Scalar, Lanes>;
                using V = typename Io::V;
                for (const Inflow<Scalar>& inflow : inflows) {
                    if (inflow.gradient == nullptr) continue;
                    const auto links = for_vectors(column, [&](std::int64_t channel) {
                        return Link<chain, Scalar, Lanes>(inflow, map, strip.image, channel);
                    });
                    const auto figure = [&](const AccumulateAs<Scalar>* figures) {
                        return for_vectors(column, [&](std::int64_t channel) {
                            if constexpr (!chain.norm) return V{};
                            return copied<V>(figures + channel);
                        });
                    };
                    const auto offset = figure(inflow.offset);
                    const auto slope = figure(inflow.slope);
                    for_gradients<pool>(map, inflows.size(), gradient, taken, strip, column,
                                        [&](std::int64_t element, int i, V g) {
                                            V x{};
                                            if constexpr (chain.norm || chain.relu)
                                                x = Io::load(inflow.map + element);
                                            const V d = links[i].deviation(x);
                                            g = links[i].exit_gradient(d, g);
                                            if constexpr (chain.norm)
                                                g = links[i].entry_gradient(
                                                    x, links[i].scaled(g) - offset[i] - slope[i] * d);
                                            Io::store(inflow.gradient + element, g);
                                        });
                }
            });
    });
}

} // namespace

} // namespace fractal::kernels
