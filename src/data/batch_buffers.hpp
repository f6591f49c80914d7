// Memory of batches, used again as soon as nobody holds the batch: fresh pages from the system would cost as
// much as filling them. Knows no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace fractal::data {

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
