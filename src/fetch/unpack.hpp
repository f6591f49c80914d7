// An archive of a data set, of which nothing is believed: only the expected files are taken out of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fractal {

/// A file that an archive must have, and nothing else is unpacked.
struct ArchiveMember {
    std::string path;    ///< in the archive
    std::uint64_t bytes; ///< exactly
};

/// Unpacks `members` of the gzipped tar file `archive` into `folder`, each under its last name, whole or not
/// at all. The whole archive is looked through first: DataError, with nothing unpacked, when it is no such
/// archive, lacks a member or has it in another size; and for whatever no archive of data has: absolute
/// paths, `..`, links, devices, a member twice, or other files that make it much larger than its members.
/// IoError when the disk fails.
void unpack(const std::filesystem::path& archive, const std::vector<ArchiveMember>& members,
            const std::filesystem::path& folder);

} // namespace fractal
