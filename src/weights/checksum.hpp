// The checksum that this project's safetensors files carry in their metadata.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include <fmt/format.h>

namespace fractal {

/// FNV-1a over words of 8 bytes, and what is left of each tensor by bytes: fast enough to check every file
/// that is read.
class Checksum {
public:
    static constexpr const char* key = "fractal.checksum"; ///< in the metadata

    void add(std::span<const std::byte> bytes) {
        while (bytes.size() >= 8) {
            std::uint64_t word;
            std::memcpy(&word, bytes.data(), 8);
            mix(word);
            bytes = bytes.subspan(8);
        }
        for (const std::byte byte : bytes) mix(std::to_integer<std::uint64_t>(byte));
    }
    std::uint64_t value() const { return hash_; }
    std::string text() const { return fmt::format("{:016x}", hash_); }

private:
    void mix(std::uint64_t word) { hash_ = (hash_ ^ word) * 1099511628211ULL; }
    std::uint64_t hash_ = 14695981039346656037ULL;
};

} // namespace fractal
