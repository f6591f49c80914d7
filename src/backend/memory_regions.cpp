// Regions are aligned to their size, so that the address of a block tells where its region begins.
#include "backend/memory_regions.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>

#include <sys/mman.h>

#include "base/tensor_block.hpp"

namespace fractal {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t region_bytes = 16 * huge_page;
constexpr std::size_t most_bytes = std::numeric_limits<std::size_t>::max() / 2;

constexpr std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

/// So many bytes from an address that is a multiple of `region_bytes`; null where there are none.
std::byte* mapped(std::size_t bytes) {
    const std::size_t whole = bytes + region_bytes;
    void* const begin = ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (begin == MAP_FAILED) return nullptr;
    auto* const first = static_cast<std::byte*>(begin);
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    const std::size_t before = rounded_up(address, region_bytes) - address;
    if (before > 0) ::munmap(first, before);
    ::munmap(first + before + bytes, region_bytes - before);
    ::madvise(first + before, bytes, MADV_HUGEPAGE); // where the kernel grants them
    return first + before;
}

} // namespace

/// Stands at the beginning of its memory.
struct alignas(tensor_alignment) MemoryRegions::Region {
    std::size_t bytes;  ///< of its memory
    std::size_t used;   ///< bytes of it that have been cut, this header's among them
    std::size_t blocks; ///< that have not come back
};

void* MemoryRegions::cut(std::size_t bytes) {
    if (bytes > most_bytes) return nullptr; // and sizes in whole regions would not be numbers
    const std::size_t block = rounded_up(bytes, tensor_alignment);
    Region* region = open_;
    if (region == nullptr || region->used + block > region->bytes) {
        // A block that is larger has a region of its own.
        const std::size_t size = std::max(region_bytes, rounded_up(sizeof(Region) + block, huge_page));
        std::byte* const memory = mapped(size);
        if (memory == nullptr) return nullptr;
        region = new (memory) Region{.bytes = size, .used = sizeof(Region), .blocks = 0};
        if (size == region_bytes) open_ = region;
    }
    std::byte* const place = reinterpret_cast<std::byte*>(region) + region->used;
    region->used += block;
    ++region->blocks;
    return place;
}

bool MemoryRegions::is_alone(std::size_t bytes) {
    return sizeof(Region) + rounded_up(bytes, tensor_alignment) > region_bytes;
}

void MemoryRegions::give_back(void* block) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    auto* const region = reinterpret_cast<Region*>(address / region_bytes * region_bytes);
    if (--region->blocks > 0) return;
    if (region == open_) open_ = nullptr;
    ::munmap(region, region->bytes);
}

} // namespace fractal
