// Memory of batches, used again as soon as nobody holds the batch: fresh pages from the system would cost as
// much as filling them. Knows no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace fractal::data {

/// Batches that a stream makes ahead. More than one, since a thread that wakes may have to wait for a core
/// for as long as a short step takes, and makes several once it has one.
inline constexpr std::int64_t batches_ahead = 4;

/// Buffers that a stream holds at most: those ahead, one in the caller's hands, one about to replace it.
inline constexpr std::int64_t buffers_of_stream = batches_ahead + 2;

/// Room for the images (aligned to 64 bytes, not initialised) and labels of one batch.
struct BatchBuffer {
    static constexpr std::align_val_t alignment{64};
    struct Release {
        void operator()(std::byte* bytes) const { ::operator delete[](bytes, alignment); }
    };

    BatchBuffer(std::size_t image_bytes, std::size_t count)
        : images(new(alignment) std::byte[image_bytes]),
          labels(count) {}

    std::unique_ptr<std::byte[], Release> images;
    std::vector<std::int64_t> labels;
};

/// Hands out buffers of one size; any thread may drop them, also after the pool has gone.
class BatchBuffers {
public:
    BatchBuffers(std::size_t image_bytes, std::size_t count);

    /// A buffer that no one else holds; it returns to the pool with its last owner.
    [[nodiscard]] std::shared_ptr<BatchBuffer> acquire();

private:
    struct Shelf;
    std::size_t image_bytes_;
    std::size_t count_;
    std::shared_ptr<Shelf> shelf_;
};

} // namespace fractal::data
