// What the driver asks of libfractal_fetch, which it loads for `fractal data` alone: the libraries for
// networks and archives would more than double the time in which the program starts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "data/image_set.hpp"

namespace fractal {

/// The official archives' own place.
inline constexpr const char* cifar_url = "https://www.cs.toronto.edu/~kriz/";

/// Which data set to get, from where and to where.
struct FetchRequest {
    std::string name;             ///< `cifar10` or `cifar100`
    std::filesystem::path folder; ///< gets the archive's own folder; made if it is not there
    std::string url = cifar_url;  ///< of the folder that has the archive
    std::string sha256;           ///< that the archive must have; empty: the official one's
};

/// Where a download stands.
struct FetchProgress {
    std::int64_t bytes = 0; ///< that are there
    std::int64_t total = 0; ///< 0 as long as the server has not said it
    double bytes_per_second = 0;
};

/// Hears how a download goes, on the thread that called `fetch`.
class FetchObserver {
public:
    FetchObserver() = default;
    FetchObserver(const FetchObserver&) = delete;
    FetchObserver& operator=(const FetchObserver&) = delete;
    virtual ~FetchObserver() = default;

    /// Some ten times a second. Whether to go on.
    virtual bool on_progress(const FetchProgress& progress) = 0;
    /// A fact worth a line.
    virtual void on_note(std::string_view text) = 0;
};

enum class FetchEnd : std::uint8_t {
    fetched,
    was_there, ///< all files are there, of their official sizes
    stopped,   ///< by the observer; what came is kept, and the same request goes on
};

struct FetchReport {
    FetchEnd end = FetchEnd::fetched;
    std::filesystem::path folder; ///< that holds the files
    std::int64_t downloaded = 0;  ///< bytes that came this time
};

class DataTools {
public:
    DataTools() = default;
    DataTools(const DataTools&) = delete;
    DataTools& operator=(const DataTools&) = delete;
    virtual ~DataTools() = default;

    /// Downloads, checks and unpacks an archive; what of it was downloaded before is not downloaded again,
    /// and an archive that somebody put into the folder is not either. Throws UsageError for another data
    /// set; IoError where the network or the disk fails, with what to do by hand; DataError for an archive
    /// that is not the expected one, of which nothing is unpacked.
    virtual FetchReport fetch(const FetchRequest& request, FetchObserver& observer) = 0;

    /// `data::load_images`.
    virtual data::ImageSet load(std::string_view name, const std::filesystem::path& folder) = 0;
};

/// What libfractal_fetch exports, with C linkage, under the name `fractal_data_tools`; the caller deletes it.
using DataToolsEntry = DataTools* (*)();
inline constexpr const char* data_tools_entry_name = "fractal_data_tools";

} // namespace fractal
