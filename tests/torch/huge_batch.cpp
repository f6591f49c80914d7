// Batches of more elements than 32 bits count: what a kernel makes of their last image is what it makes of
// that image alone, to the bit. Maps are reserved and not filled, so memory is taken by what is touched only.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include "kernels/chain.hpp"
#include "kernels/direct_convolution.hpp"
#include "kernels/fused_join.hpp"
#include "kernels/isa.hpp"
#include "kernels/matrix_convolution.hpp"
#include "kernels/winograd.hpp"
#include "torch_check.hpp"

using namespace fractal;
using kernels::BFloat16;

namespace {

using Bytes = std::vector<std::byte>;

/// What the last image of a batch holds, by the name of the result.
using Results = std::vector<std::pair<const char*, Bytes>>;

constexpr std::int64_t side = 32;
constexpr std::int64_t channels = 16;
constexpr std::int64_t elements = side * side * channels; ///< of one image
constexpr std::int64_t many = (std::int64_t{1} << 32) / elements + 1;

template <class T>
T rounded(float value) {
    if constexpr (std::is_same_v<T, BFloat16>)
        return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U)};
    else
        return value;
}

/// So many elements for each image.
template <class T>
class Batch {
public:
    Batch(std::int64_t images, std::int64_t each)
        : before_last_((images - 1) * each),
          each_(static_cast<std::size_t>(each)),
          bytes_(static_cast<std::size_t>(images * each) * sizeof(T)),
          memory_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                       -1, 0)) {
        REQUIRE_MESSAGE(memory_ != MAP_FAILED,
                        "the system reserves no memory that it has not: see "
                        "vm.overcommit_memory");
    }
    /// With random numbers in the last image, the same in batches of any size.
    Batch(std::int64_t images, std::int64_t each, unsigned seed) : Batch(images, each) {
        std::mt19937 random(seed);
        std::normal_distribution<float> normal(0.5F);
        std::generate_n(data() + before_last_, each_, [&] { return rounded<T>(normal(random)); });
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch() { munmap(memory_, bytes_); }

    T* data() { return static_cast<T*>(memory_); }
    Bytes last_image() {
        Bytes bytes(each_ * sizeof(T));
        std::memcpy(bytes.data(), data() + before_last_, bytes.size());
        return bytes;
    }

private:
    std::int64_t before_last_;
    std::size_t each_;
    std::size_t bytes_;
    void* memory_;
};

void check_same(const Results& among_many, const Results& alone) {
    REQUIRE(among_many.size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
        CAPTURE(alone[i].first);
        const bool filled =
            std::ranges::any_of(alone[i].second, [](std::byte b) { return b != std::byte(); });
        const bool same = among_many[i].second == alone[i].second;
        CHECK(filled);
        CHECK(same);
    }
}

/// All passes of a join of two maps, each through the chain that has everything.
template <class Scalar>
Results joined(kernels::Isa isa, bool pool, std::int64_t images) {
    using Figure = kernels::AccumulateAs<Scalar>;
    const kernels::Extents extents{images, side, side, channels};
    const kernels::Chain chain = kernels::chain_at(kernels::chain_count - 1);
    const kernels::FusedJoin<Scalar>& passes = kernels::fused_join<Scalar>(isa, chain, pool);
    const std::int64_t of_output = pool ? elements / 4 : elements;
    std::vector<Figure> figures(channels, Figure(0.75));
    Batch<Scalar> maps[] = {{images, elements, 1}, {images, elements, 2}};
    Batch<Scalar> gradients[] = {{images, elements}, {images, elements}};
    Batch<Figure> factors[] = {{images, channels, 3}, {images, channels, 4}};
    Batch<Scalar> out(images, of_output);
    Batch<Scalar> gradient(images, of_output, 5);
    Batch<std::uint8_t> taken(images, of_output);
    Batch<Figure> mean(images, channels);
    Batch<Figure> squares(images, channels);
    Batch<Figure> sums(images, 2 * 2 * channels);
    std::vector<kernels::Inflow<Scalar>> inflows;
    for (std::size_t i = 0; i < std::size(maps); ++i) {
        inflows.push_back({.map = maps[i].data(),
                           .first_factors = factors[0].data(),
                           .factors = factors[1].data(),
                           .mean = figures.data(),
                           .scale = figures.data(),
                           .shift = figures.data(),
                           .offset = figures.data(),
                           .slope = figures.data(),
                           .gradient = gradients[i].data()});
    }
    const std::int64_t last = images - 1;
    passes.statistics(extents, inflows[0], mean.data(), squares.data(), last, images);
    passes.forward(extents, inflows, out.data(), taken.data(), last, images);
    passes.reduce(extents, inflows, gradient.data(), taken.data(), sums.data(), last, images);
    passes.backward(extents, inflows, gradient.data(), taken.data(), last, images);
    Results results{{"mean", mean.last_image()},
                    {"squares", squares.last_image()},
                    {"out", out.last_image()},
                    {"sums", sums.last_image()},
                    {"gradient of the first", gradients[0].last_image()},
                    {"gradient of the second", gradients[1].last_image()}};
    if (pool) results.emplace_back("taken", taken.last_image());
    return results;
}

/// The rows of all images, and those of the last one.
struct Rows {
    std::int64_t of_image;
    std::int64_t images;

    std::int64_t end() const { return of_image * images; }
    std::int64_t begin() const { return end() - of_image; }
};

/// Convolutions of one kind: what it makes of maps, in rows as it counts them, and weights packed for it.
template <class Passes, class Extents>
Results convolved(const Passes& passes, const Extents& extents, std::int64_t packed_elements, Rows rows) {
    Batch<float> weights(1, extents.taps * channels * channels, 6);
    Batch<BFloat16> packed(1, packed_elements);
    passes.pack_weights(extents, weights.data(), /*reversed=*/false, packed.data(), 0, channels);
    Batch<BFloat16> in(rows.images, elements, 7);
    Batch<BFloat16> out(rows.images, elements);
    passes.convolve(extents, in.data(), packed.data(), {}, out.data(), rows.begin(), rows.end());
    return {{"out", out.last_image()}};
}

template <class Extents>
Extents extents_of(std::int64_t images) {
    return {{images, side, side, channels, channels}};
}

/// Tries what `run(passes, images)` gives, where this processor has the passes.
template <class Passes, class Run>
void check_where_they_run(const Passes* passes, std::string_view needs, Run run) {
    if (passes == nullptr) {
        MESSAGE("left out: this processor has no " << needs);
        return;
    }
    check_same(run(*passes, many), run(*passes, 1));
}

} // namespace

TEST_CASE_TEMPLATE("the passes of a join reach the last of more images than 32 bits count elements of",
                   Scalar, float, BFloat16) {
    for (const kernels::Isa isa : kernels::available_isas()) {
        for (const bool pool : {false, true}) {
            CAPTURE(static_cast<int>(isa));
            CAPTURE(pool);
            check_same(joined<Scalar>(isa, pool, many), joined<Scalar>(isa, pool, 1));
        }
    }
}

TEST_CASE("so do direct convolutions, and the part of their weights' gradient that the last image is in") {
    const auto results = [](const kernels::direct::Passes& passes, std::int64_t images) {
        const auto extents = extents_of<DirectExtents>(images);
        Results all = convolved(passes, extents, extents.weights(), {side, images});
        Batch<BFloat16> in(images, elements, 7);
        Batch<BFloat16> gradient(images, elements, 8);
        Batch<float> sums(extents.parts(), extents.weights());
        // of images that hold zeros, all but the last
        passes.accumulate(extents, in.data(), gradient.data(), sums.data(), extents.parts() - 1,
                          extents.parts());
        all.emplace_back("sums", sums.last_image());
        return all;
    };
    check_where_they_run(kernels::direct::passes(), "AVX512-BF16", results);
}

TEST_CASE("so do convolutions by Winograd's filtering, and what they gather for their weights' gradient") {
    const auto results = [](const kernels::winograd::Passes& passes, std::int64_t images) {
        const auto extents = extents_of<WinogradExtents>(images);
        const Rows rows{extents.tile_rows() / images, images};
        Results all = convolved(passes, extents, extents.weights(), rows);
        Batch<BFloat16> in(images, elements, 7);
        Batch<BFloat16> gradient(images, elements, 8);
        Batch<BFloat16> of_in(1, extents.gathered_elements(channels));
        Batch<BFloat16> of_out(1, extents.gathered_elements(channels));
        passes.gather(extents, in.data(), gradient.data(), {of_in.data(), of_out.data()}, rows.begin(),
                      rows.begin(), rows.end());
        // The places of the tile are as far apart as the rows that are gathered at once are many.
        Batch<float> sums(1, extents.weights());
        passes.accumulate(extents, {of_in.data(), of_out.data()}, rows.of_image, /*begins=*/true, sums.data(),
                          0, WinogradExtents::places);
        all.emplace_back("sums", sums.last_image());
        return all;
    };
    check_where_they_run(kernels::winograd::passes(), "AVX512-BF16", results);
}

TEST_CASE("so do convolutions on a matrix unit") {
    const auto results = [](const kernels::matrix::Passes& passes, std::int64_t images) {
        const auto extents = extents_of<MatrixExtents>(images);
        return convolved(passes, extents, extents.weights(/*reversed=*/false), {side, images});
    };
    check_where_they_run(kernels::matrix::passes(), "matrix unit", results);
}
