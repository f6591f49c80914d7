// The shelf that free buffers wait on.
#include "data/batch_buffers.hpp"

#include <mutex>
#include <utility>

namespace fractal::data {
namespace {

constexpr std::size_t most_free = buffers_of_stream; // a caller who keeps more gets fresh ones

} // namespace

struct BatchBuffers::Shelf {
    Shelf() { free.reserve(most_free); }

    std::mutex mutex;
    std::vector<std::unique_ptr<BatchBuffer>> free;
};

BatchBuffers::BatchBuffers(std::size_t image_bytes, std::size_t count)
    : image_bytes_(image_bytes),
      count_(count),
      shelf_(std::make_shared<Shelf>()) {}

std::shared_ptr<BatchBuffer> BatchBuffers::acquire() {
    std::unique_ptr<BatchBuffer> buffer;
    {
        const std::lock_guard lock(shelf_->mutex);
        if (!shelf_->free.empty()) {
            buffer = std::move(shelf_->free.back());
            shelf_->free.pop_back();
        }
    }
    if (!buffer) buffer = std::make_unique<BatchBuffer>(image_bytes_, count_);
    return {buffer.release(), [shelf = shelf_](BatchBuffer* returned) {
                std::unique_ptr<BatchBuffer> owner(returned);
                const std::lock_guard lock(shelf->mutex);
                if (shelf->free.size() < most_free) shelf->free.push_back(std::move(owner));
            }};
}

} // namespace fractal::data
