// The passes of the fused join, one template each for every chain, type and instruction set.
#pragma once

#include <algorithm>
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

/// The mean of what several inflows make at some pixels: a function of where the column's channels begin at
/// each, that gives their vectors. A link is read from memory once for all of the pixels.
template <Chain chain, class Scalar, int Lanes, int Count>
auto mean_of(const Extents& map, std::span<const Inflow<Scalar>> inflows, std::int64_t image,
             Column<Lanes, Count> column) {
    return [=, &map]<std::size_t Pixels>(const std::array<std::int64_t, Pixels>& elements) {
        using Io = Access<Scalar, Lanes>;
        std::array<std::array<typename Io::V, Count>, Pixels> mean{};
        for (const Inflow<Scalar>& inflow : inflows) {
            const auto links = for_vectors(column, [&](std::int64_t channel) {
                return Link<chain, Scalar, Lanes>(inflow, map, image, channel);
            });
            for (std::size_t p = 0; p < Pixels; ++p) {
                for (int i = 0; i < Count; ++i) {
                    const auto x = Io::load(inflow.map + elements[p] + i * Lanes);
                    mean[p][i] += Io::rounded(links[i].output(x));
                }
            }
        }
        for (auto& pixel : mean) {
            for (auto& vector : pixel) vector *= share<Scalar>(inflows.size());
        }
        return mean;
    };
}

/// What one inflow makes, likewise.
template <Chain chain, class Scalar, int Lanes, int Count>
auto output_of(const Extents& map, const Inflow<Scalar>& inflow, std::int64_t image,
               Column<Lanes, Count> column) {
    const auto links = for_vectors(column, [&](std::int64_t channel) {
        return Link<chain, Scalar, Lanes>(inflow, map, image, channel);
    });
    return [links, from = inflow.map]<std::size_t Pixels>(const std::array<std::int64_t, Pixels>& elements) {
        using Io = Access<Scalar, Lanes>;
        std::array<std::array<typename Io::V, Count>, Pixels> output;
        for (std::size_t p = 0; p < Pixels; ++p) {
            for (int i = 0; i < Count; ++i)
                output[p][i] = links[i].output(Io::load(from + elements[p] + i * Lanes));
        }
        return output;
    };
}

template <class Scalar, int Lanes, int Count, class Values>
void store_all(const Extents& map, Strip strip, Column<Lanes, Count> column, const Values& values,
               Scalar* out) {
    for_tiles<4>(map, strip, column, [&](const auto& elements) {
        const auto tile = values(elements);
        for (std::size_t p = 0; p < elements.size(); ++p) {
            for (int i = 0; i < Count; ++i)
                Access<Scalar, Lanes>::store(out + elements[p] + i * Lanes, tile[p][i]);
        }
    });
}

template <class Scalar, int Lanes, int Count, class Values>
void store_pooled(const Extents& map, Strip strip, Column<Lanes, Count> column, const Values& values,
                  Scalar* out, std::uint8_t* taken) {
    using Io = Access<Scalar, Lanes>;
    for_windows(map, strip, column, [&](std::int64_t to, const std::array<std::int64_t, 4>& window) {
        const auto tile = values(window);
        for (int i = 0; i < Count; ++i) {
            auto most = Io::rounded(tile[0][i]);
            Lane<Scalar, Lanes> place{};
            for (int other = 1; other < 4; ++other) {
                const auto v = Io::rounded(tile[static_cast<std::size_t>(other)][i]);
                const auto here = Lane<Scalar, Lanes>{} + other;
                place = v > most ? here : place;
                place = v == v ? place : here; // a NaN wins
                most = v > most ? v : most;
                most = v == v ? most : v;
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

/// Calls `body(run, g)` for the runs of a strip, with one inflow's share of the gradient there as a function
/// of pixel and vector: of the map's own, or, with a pool, of its window's where the window took that pixel.
/// What all inflows share is worked out once.
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
    if (!pool && inflows == 1) {
        for_runs(map, strip, column, [&](const Run& run) {
            body(run, [&](std::int64_t pixel, int i) {
                return Io::load(gradient + run.element + pixel * map.channels + i * Lanes);
            });
        });
        return;
    }
    std::array<std::array<V, Count>, longest_run> shares;
    for_runs(map, strip, column, [&](const Run& run) {
        if constexpr (pool) {
            for_window_pixels(
                map, run, column,
                [&](std::int64_t pixel, std::int64_t from, int place) {
                    for (int i = 0; i < Count; ++i) {
                        const auto places = converted<Lane<Scalar, 1>, Lanes>(
                            copied<Vec<std::uint8_t, Lanes>>(taken + from + i * Lanes));
                        const V g = read(from + i * Lanes);
                        for (int side = 0; side < 2; ++side)
                            shares[static_cast<std::size_t>(pixel + side)][i] =
                                places == place + side ? g : V{};
                    }
                },
                [&](std::int64_t pixel) { shares[static_cast<std::size_t>(pixel)] = {}; });
        } else {
            for (std::int64_t pixel = 0; pixel < run.pixels; ++pixel) {
                for (int i = 0; i < Count; ++i) {
                    shares[static_cast<std::size_t>(pixel)][i] =
                        read(run.element + pixel * map.channels + i * Lanes);
                }
            }
        }
        body(run, [&](std::int64_t pixel, int i) { return shares[static_cast<std::size_t>(pixel)][i]; });
    });
}

template <Chain chain, bool pool, class Scalar>
void reduce(const Extents& map, std::span<const Inflow<Scalar>> inflows, const Scalar* gradient,
            const std::uint8_t* taken, AccumulateAs<Scalar>* sums, std::int64_t first, std::int64_t last) {
    using Figure = AccumulateAs<Scalar>;
    const std::int64_t figures = static_cast<std::int64_t>(inflows.size()) * 2 * map.channels;
    std::fill(sums + first * figures, sums + last * figures, Figure{});
    for_strips(map, first, last, [&](Strip strip) {
        for_columns<Figure>(map.channels, [&]<int Lanes, int Count>(Column<Lanes, Count> column) {
            using Io = Access<Scalar, Lanes>;
            using V = typename Io::V;
            for_gradients<pool>(
                map, inflows.size(), gradient, taken, strip, column,
                [&](const Run& run, const auto& share_at) {
                    Figure* to = sums + strip.image * figures;
                    for (const Inflow<Scalar>& inflow : inflows) {
                        const auto links = for_vectors(column, [&](std::int64_t channel) {
                            return Link<chain, Scalar, Lanes>(inflow, map, strip.image, channel);
                        });
                        // By runs, and then over them: the error grows with the root of the runs, not of the
                        // pixels.
                        std::array<std::array<V, Count>, 2> sum{};
                        for (std::int64_t pixel = 0; pixel < run.pixels; ++pixel) {
                            const Scalar* const from = inflow.map + run.element + pixel * map.channels;
                            for (int i = 0; i < Count; ++i) {
                                const V d = links[i].deviation(Io::load(from + i * Lanes));
                                const V inner = links[i].exit_gradient(d, share_at(pixel, i));
                                sum[0][i] += inner;
                                sum[1][i] += inner * d;
                            }
                        }
                        for (int which = 0; which < 2; ++which, to += map.channels) {
                            for (int i = 0; i < Count; ++i) {
                                Figure* const at = to + column.channel(i);
                                sum[which][i] += copied<V>(at);
                                __builtin_memcpy(at, &sum[which][i], sizeof(V));
                            }
                        }
                    }
                });
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
                for_gradients<pool>(map, inflows.size(), gradient, taken, strip, column,
                                    [&](const Run& run, const auto& share_at) {
                                        for (const Inflow<Scalar>& inflow : inflows) {
                                            if (inflow.gradient == nullptr) continue;
                                            const auto links = for_vectors(column, [&](std::int64_t channel) {
                                                return Link<chain, Scalar, Lanes>(inflow, map, strip.image,
                                                                                  channel);
                                            });
                                            const auto figure = [&](const AccumulateAs<Scalar>* figures) {
                                                return for_vectors(column, [&](std::int64_t channel) {
                                                    if constexpr (!chain.norm) return V{};
                                                    return copied<V>(figures + channel);
                                                });
                                            };
                                            const auto offset = figure(inflow.offset);
                                            const auto slope = figure(inflow.slope);
                                            for (std::int64_t pixel = 0; pixel < run.pixels; ++pixel) {
                                                const std::int64_t at = run.element + pixel * map.channels;
                                                for (int i = 0; i < Count; ++i) {
                                                    V x{};
                                                    if constexpr (chain.norm || chain.relu)
                                                        x = Io::load(inflow.map + at + i * Lanes);
                                                    const V d = links[i].deviation(x);
                                                    V g = links[i].exit_gradient(d, share_at(pixel, i));
                                                    if constexpr (chain.norm)
                                                        g = links[i].entry_gradient(
                                                            x, links[i].scaled(g) - offset[i] - slope[i] * d);
                                                    Io::store(inflow.gradient + at + i * Lanes, g);
                                                }
                                            }
                                        }
                                    });
            });
    });
}

} // namespace

} // namespace fractal::kernels
