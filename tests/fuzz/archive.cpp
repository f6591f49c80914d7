// An archive of a data set. An input is a gzipped tar file, or a tar file, which is wrapped so that the
// fuzzer need not find out how to compress: what is unpacked are the files that were asked for, whole, and
// nothing else lies anywhere.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "fetch/unpack.hpp"
#include "fuzz.hpp"
#include "scratch_folder.hpp"

using namespace fractal;
namespace fs = std::filesystem;

namespace {

const std::vector<ArchiveMember> wanted{{"data/a.bin", 3}, {"data/b.bin", 600}};

/// As gzip stores what it cannot make smaller, in blocks of 64 KiB.
std::string gzipped(std::string_view bytes) {
    constexpr std::size_t most = 0xFFFF;
    const auto number = [](std::size_t value) {
        return std::string{static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)};
    };
    std::string file("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    do {
        const std::string_view block = bytes.substr(0, most);
        bytes.remove_prefix(block.size());
        file += bytes.empty() ? '\1' : '\0';
        file += number(block.size()) + number(~block.size() & most);
        file += block;
    } while (!bytes.empty());
    return file + std::string(8, '\0'); // libarchive reads past its checksum
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    const std::string_view bytes = fuzz::text_of(data, size);
    folder.write("archive", bytes.starts_with("\x1f\x8b") ? std::string(bytes) : gzipped(bytes));
    const fs::path place = folder.path() / "data";
    fs::remove_all(place);
    const bool unpacked = fuzz::accepts([&] { unpack(folder.path() / "archive", wanted, place); });
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
        const std::string name = fs::relative(entry.path(), folder.path()).string();
        if (name == "archive" || name == "data") continue;
        const auto member = std::ranges::find(wanted, name, &ArchiveMember::path);
        fuzz::require(member != wanted.end(), "nothing lies where nothing was asked for");
        fuzz::require(entry.is_regular_file() && !entry.is_symlink(), "what lies there is a file");
        fuzz::require(entry.file_size() == member->bytes, "and whole");
        ++files;
    }
    fuzz::require(files == (unpacked ? wanted.size() : 0), "all was unpacked, or nothing");
    return 0;
}
