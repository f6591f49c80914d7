// Memory of the system in huge pages, of which blocks are cut.
#pragma once

#include <cstddef>

namespace fractal {

/// Cuts blocks side by side out of large mappings, so that those of much less than a huge page (2 MiB) lie in
/// huge pages too. A region goes back to the system with the last of its blocks. For one caller at a time.
class MemoryRegions {
public:
    /// A block of so many bytes, aligned to `tensor_alignment`; null where the system has no memory.
    void* cut(std::size_t bytes);
    void give_back(void* block);
    /// Whether a block of so many bytes has a region of its own, which goes back to the system with it.
    static bool is_alone(std::size_t bytes);

private:
    struct Region;

    Region* open_ = nullptr; ///< that the next block is cut of, if it fits
};

} // namespace fractal
