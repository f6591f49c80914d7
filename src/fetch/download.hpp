// One file by HTTP, into a file that may hold its beginning already.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "fetch/data_tools.hpp"

namespace fractal {

struct Download {
    std::string url;
    std::filesystem::path file; ///< what is in it is taken for the beginning
    std::int64_t most_bytes = 0;
};

struct DownloadResult {
    bool whole = false;     ///< unless the observer stopped it
    std::int64_t bytes = 0; ///< that came this time
};

/// Appends what `file` lacks of what `url` gives. A connection that breaks is taken up again where it broke,
/// until five attempts in a row bring nothing; a server that cannot begin in the middle begins anew. What
/// came is kept when the observer stops it, or it fails: throws IoError for what the network, the server, the
/// disk or another download into the same file refuses; DataError for a server that sends more than
/// `most_bytes`.
DownloadResult download(const Download& wanted, FetchObserver& observer);

} // namespace fractal
