// A folder for readers that want a file: in memory where the system has such a place.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "fuzz.hpp"

namespace fractal::fuzz {

class ScratchFolder {
public:
    ScratchFolder() {
        const std::filesystem::path memory = "/dev/shm";
        const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
        std::string name = (parent / "fractal-fuzz-XXXXXX").string();
        require(::mkdtemp(name.data()) != nullptr, "there is a folder to write inputs to");
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Replaces a file of the folder.
    void write(const char* name, std::string_view bytes) const {
        std::ofstream stream(path_ / name, std::ios::binary | std::ios::trunc);
        stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        require(stream.good(), "the input is written");
    }

private:
    std::filesystem::path path_;
};

} // namespace fractal::fuzz
