// What the tests of the data side share: small data sets with known contents, and folders that vanish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include "data/byte_images.hpp"
#include "data/cifar.hpp"

namespace fractal::data::test {

/// `count` images whose bytes are a fixed mixture of their position; label i mod 10.
inline ByteImages patterned(std::size_t count, std::size_t height = 32, std::size_t width = 32) {
    ByteImages images;
    images.height = height;
    images.width = width;
    for (std::size_t image = 0; image < count; ++image) {
        images.labels.push_back(static_cast<std::int32_t>(image % 10));
        for (std::size_t byte = 0; byte < images.bytes_per_image(); ++byte) {
            const std::size_t mixed = (image * 7919 + byte) * 2654435761U;
            images.pixels.push_back(static_cast<std::uint8_t>(mixed >> 13));
        }
    }
    return images;
}

/// The same as CIFAR-10 records.
inline std::vector<std::uint8_t> as_records(const ByteImages& images) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t image = 0; image < images.count(); ++image) {
        bytes.push_back(static_cast<std::uint8_t>(images.labels[image]));
        const std::span pixels(images.pixels);
        const std::span one = pixels.subspan(image * images.bytes_per_image(), images.bytes_per_image());
        bytes.insert(bytes.end(), one.begin(), one.end());
    }
    return bytes;
}

/// A new folder under the system's temporary one, removed with all it holds.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string path = (std::filesystem::temp_directory_path() / "fractal-data-XXXXXX").string();
        if (mkdtemp(path.data()) == nullptr) throw std::filesystem::filesystem_error("mkdtemp", {});
        path_ = path;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    void write(const std::filesystem::path& name, std::span<const std::uint8_t> bytes) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }

private:
    std::filesystem::path path_;
};

/// What `action` throws, as `Failure`; the empty string if it throws nothing.
template <class Failure, class Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure.what();
    }
    return "";
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace fractal::data::test
