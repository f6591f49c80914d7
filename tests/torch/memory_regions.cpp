// Blocks cut of regions: apart from one another, aligned, and back with the system when the last has gone.
#include "backend/memory_regions.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/tensor_block.hpp"

using namespace fractal;

namespace {

struct Block {
    unsigned char* begin;
    std::size_t bytes;
    unsigned char mark;

    bool whole() const {
        return std::all_of(begin, begin + bytes, [this](unsigned char byte) { return byte == mark; });
    }
};

bool is_mapped(const void* address) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(address) / page * page;
    return ::msync(reinterpret_cast<void*>(begin), page, MS_ASYNC) == 0;
}

Block cut(MemoryRegions& regions, std::size_t bytes, unsigned char mark) {
    auto* const begin = static_cast<unsigned char*>(regions.cut(bytes));
    REQUIRE(begin != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(begin) % tensor_alignment == 0);
    std::memset(begin, mark, bytes);
    return {begin, bytes, mark};
}

} // namespace

TEST_CASE("blocks of a region keep what is written to them, whichever come and go") {
    MemoryRegions regions;
    std::mt19937 draws(1);
    std::vector<Block> blocks;
    for (unsigned char round = 0; round < 200; ++round) {
        blocks.push_back(cut(regions, 1 + draws() % (1U << (10 + draws() % 14)), round));
        if (draws() % 3 == 0) {
            std::swap(blocks.back(), blocks[draws() % blocks.size()]);
            CHECK(blocks.back().whole());
            regions.give_back(blocks.back().begin);
            blocks.pop_back();
        }
    }
    for (const Block& block : blocks) {
        CHECK(block.whole());
        regions.give_back(block.begin);
    }
}

TEST_CASE("a region is the system's again with the last of its blocks, and not before") {
    MemoryRegions regions;
    const Block first = cut(regions, 100000, 1);
    const Block second = cut(regions, 100000, 2);
    regions.give_back(first.begin);
    CHECK(is_mapped(first.begin));
    CHECK(second.whole());
    regions.give_back(second.begin);
    CHECK_FALSE(is_mapped(first.begin));
    CHECK_FALSE(is_mapped(second.begin));
    const Block third = cut(regions, 100000, 3); // of a new one
    CHECK(third.whole());
    regions.give_back(third.begin);
}

TEST_CASE("a block larger than a region has its own, and the one before it is cut further") {
    MemoryRegions regions;
    const Block small = cut(regions, 100000, 1);
    const Block large = cut(regions, std::size_t{100} << 20, 2);
    const Block next = cut(regions, 100000, 3);
    CHECK(next.begin > small.begin);
    CHECK(next.begin - small.begin < 1 << 20);
    CHECK(large.whole());
    regions.give_back(large.begin);
    CHECK_FALSE(is_mapped(large.begin));
    CHECK_FALSE(is_mapped(large.begin + large.bytes - 1));
    CHECK(small.whole());
    regions.give_back(small.begin);
    regions.give_back(next.begin);
}

TEST_CASE("where the system has no memory there is no block") {
    MemoryRegions regions;
    CHECK(regions.cut(std::size_t{1} << 60) == nullptr);
    CHECK(regions.cut(std::numeric_limits<std::size_t>::max() - 64) == nullptr);
    const Block block = cut(regions, 100, 1);
    regions.give_back(block.begin);
}
