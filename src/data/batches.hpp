// Batches of a data set, normalised and augmented, in an order that is a function of seed and epoch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <torch/types.h>

#include "data/augment_options.hpp"
#include "data/byte_images.hpp"
#include "data/dataset.hpp"

namespace fractal::data {

/// How batches are made. The defaults are those of an evaluation: in order, all images, unchanged.
struct StreamOptions {
    std::int64_t batch = 128;
    /// A new permutation each epoch.
    bool shuffle = false;
    /// Leaves out the last batch of an epoch when it is not full.
    bool drop_last = false;
    /// Makes the next batches on a thread of the stream's own while the caller works on this one, which wants
    /// a core that the caller leaves free. Otherwise all of LibTorch's threads make a batch when it is asked
    /// for.
    bool prefetch = true;
    /// Of order and augmentation.
    std::uint64_t seed = 0;
    AugmentOptions augment{};
    /// float16, bfloat16, float32 or float64.
    torch::ScalarType dtype = torch::kFloat32;
    /// Contiguous or ChannelsLast.
    torch::MemoryFormat format = torch::MemoryFormat::ChannelsLast;
};

/// Images [n, C, H, W] in the stream's type and format, labels int64 [n], on the CPU. The memory belongs to
/// the tensors; the stream uses it again when the last of them has gone.
struct Batch {
    torch::Tensor images;
    torch::Tensor labels;
    std::int64_t epoch = 0;
    std::int64_t index = 0; // within the epoch
};

/// Every batch is a function of data, options, epoch and index, so a stream may go on anywhere, and
/// prefetching changes nothing but the time. Used by one thread at a time.
class BatchStream {
public:
    /// Over the images `indices` of `part`; augmentation is keyed by these indices, so that a split does not
    /// change what happens to an image. UsageError when there is no full or partial batch, for an index that
    /// `part` has not, a type or format that is not above, a normalisation of other channels, or a
    /// translation larger than the images.
    BatchStream(const LabelledImages& part, std::vector<std::uint32_t> indices,
                const Normalisation& normalisation, const StreamOptions& options);

    /// Over all images of `part`.
    BatchStream(const LabelledImages& part, const Normalisation& normalisation, const StreamOptions& options);

    ~BatchStream();
    BatchStream(BatchStream&&) noexcept;
    BatchStream& operator=(BatchStream&&) noexcept;

    /// Batches of an epoch.
    [[nodiscard]] std::int64_t batches() const;
    /// Images of an epoch, without those that `drop_last` leaves out.
    [[nodiscard]] std::int64_t images() const;

    /// Makes batch `index` of epoch `epoch` the next one; `index` may be `batches()`, the end of the epoch.
    /// UsageError outside of that.
    void seek(std::int64_t epoch, std::int64_t index = 0);

    /// The next batch; nothing at the end of an epoch, once, and then the next epoch begins:
    /// `while (auto batch = stream.next())` is one epoch.
    std::optional<Batch> next();

private:
    class State;
    std::unique_ptr<State> state_;
};

} // namespace fractal::data
