// A caching allocator for CPU tensors.
#include "backend/tensor_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include "backend/memory_regions.hpp"
#include "base/tensor_block.hpp"

namespace fractal {

namespace {

/// Stands before each block and carries its size: oneDNN gives back blocks by their address alone.
struct alignas(tensor_alignment) Header {
    std::size_t size;
};

Header* header_of(void* block) { return static_cast<Header*>(block) - 1; }

class TensorMemory final : public c10::Allocator {
public:
    c10::DataPtr allocate(std::size_t bytes) override {
        if (bytes == 0) return {nullptr, nullptr, &TensorMemory::drop, c10::Device(c10::kCPU)};
        const auto size = static_cast<std::size_t>(tensor_block(static_cast<std::int64_t>(bytes)));
        void* block = is_allowed(size) ? block_of(size) : nullptr;
        if (block == nullptr) throw OutOfTensorMemory(live_, static_cast<std::int64_t>(size));
        const std::int64_t live = live_ += static_cast<std::int64_t>(size);
        std::int64_t peak = peak_;
        while (live > peak && !peak_.compare_exchange_weak(peak, live)) {
        }
        return {block, block, &TensorMemory::drop, c10::Device(c10::kCPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &TensorMemory::drop; }
    void copy_data(void* target, const void* source, std::size_t count) const override {
        default_copy_data(target, source, count);
    }

    void give_back(void* block) {
        const std::size_t size = header_of(block)->size;
        live_ -= static_cast<std::int64_t>(size);
        if (size < kept_tensor_block) return std::free(header_of(block));
        const std::scoped_lock guard(lock_);
        try {
            free_[size].push_back(block);
            kept_ += static_cast<std::int64_t>(size);
        } catch (const std::bad_alloc&) { // a tensor's end must not throw, least of all where memory is short
            regions_.give_back(header_of(block));
        }
    }
    void release() {
        const std::scoped_lock guard(lock_);
        for (const auto& [size, blocks] : free_) {
            for (void* block : blocks) regions_.give_back(header_of(block));
        }
        free_.clear();
        kept_ = 0;
    }

    std::int64_t live() const { return live_; }
    std::int64_t peak() const { return peak_; }
    std::int64_t system_blocks() const { return system_blocks_; }
    void reset_peak() { peak_ = live_.load(); }
    /// Returns the limit until now.
    std::int64_t limit(std::int64_t bytes) { return limit_.exchange(bytes); }

    void bound(std::int64_t most) { most_ = most; }

    /// Never destroyed: tensors with static storage may outlive everything else.
    static TensorMemory& instance() {
        static TensorMemory* memory = new TensorMemory;
        return *memory;
    }

private:
    static void drop(void* block) {
        if (block != nullptr) instance().give_back(block);
    }

    bool is_allowed(std::size_t size) const {
        const std::int64_t limit = limit_;
        return limit == 0 || live_ + static_cast<std::int64_t>(size) <= limit;
    }

    /// One that was kept, or of the system, which may have none.
    void* block_of(std::size_t size) {
        if (void* block = take(size)) return block;
        if (size >= kept_tensor_block) {
            ++system_blocks_;
            make_room(static_cast<std::int64_t>(size));
        }
        if (void* block = system_block(size)) return block;
        release();
        return system_block(size);
    }

    /// Gives kept blocks that are alone in a region back, the largest first, until the rest and one of `size`
    /// bytes have room. The others stay: a region goes back with the last of its blocks only, and what is
    /// asked for next would be cut of another.
    void make_room(std::int64_t size) {
        const std::int64_t limit = limit_;
        const std::int64_t most = limit > 0 ? limit : most_.load();
        if (most == 0) return;
        const std::scoped_lock guard(lock_);
        for (auto place = free_.rbegin(); place != free_.rend(); ++place) {
            auto& [kept_size, blocks] = *place;
            if (!MemoryRegions::is_alone(sizeof(Header) + kept_size)) return;
            while (kept_ > most - live_ - size && !blocks.empty()) {
                regions_.give_back(header_of(blocks.back()));
                blocks.pop_back();
                kept_ -= static_cast<std::int64_t>(kept_size);
            }
        }
    }

    void* system_block(std::size_t size) {
        const std::size_t whole = sizeof(Header) + size;
        void* begin = nullptr;
        if (size < kept_tensor_block) {
            begin = std::aligned_alloc(tensor_alignment, whole);
        } else {
            const std::scoped_lock guard(lock_);
            begin = regions_.cut(whole);
        }
        return begin == nullptr ? nullptr : new (begin) Header{size} + 1;
    }

    void* take(std::size_t size) {
        if (size < kept_tensor_block) return nullptr;
        const std::scoped_lock guard(lock_);
        const auto blocks = free_.find(size);
        if (blocks == free_.end() || blocks->second.empty()) return nullptr;
        void* block = blocks->second.back();
        blocks->second.pop_back();
        kept_ -= static_cast<std::int64_t>(size);
        return block;
    }

    std::mutex lock_; ///< of the three below
    MemoryRegions regions_;
    std::map<std::size_t, std::vector<void*>> free_;
    std::int64_t kept_ = 0; ///< bytes in them
    std::atomic<std::int64_t> live_{0};
    std::atomic<std::int64_t> peak_{0};
    std::atomic<std::int64_t> system_blocks_{0};
    std::atomic<std::int64_t> limit_{0};
    std::atomic<std::int64_t> most_{0};
};

} // namespace

void install_tensor_memory(std::int64_t most) {
    TensorMemory::instance().bound(most);
    c10::SetCPUAllocator(&TensorMemory::instance(), /*priority=*/1);
}

std::int64_t tensor_bytes() { return TensorMemory::instance().live(); }

std::int64_t peak_tensor_bytes() { return TensorMemory::instance().peak(); }

void reset_peak_tensor_bytes() { TensorMemory::instance().reset_peak(); }

std::int64_t system_blocks() { return TensorMemory::instance().system_blocks(); }

TensorMemoryLimit::TensorMemoryLimit(std::int64_t bytes) : before_(TensorMemory::instance().limit(bytes)) {}
TensorMemoryLimit::~TensorMemoryLimit() { TensorMemory::instance().limit(before_); }

void release_tensor_memory() { TensorMemory::instance().release(); }

} // namespace fractal
