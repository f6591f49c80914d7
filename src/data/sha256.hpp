// SHA-256 of bytes as they come: what tells a changed data file, and an archive that is not the official one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fractal::data {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::span<const std::byte> bytes);
    /// 64 hexadecimal digits, as `sha256sum` prints them. Called once.
    std::string text();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Of `start`, and then all bytes from where `stream` stands to its end. Throws IoError that names `file`
/// where it cannot be read.
std::string sha256_of(std::istream& stream, const std::filesystem::path& file, std::string_view start = {});

} // namespace fractal::data
