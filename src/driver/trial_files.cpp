// Named by the trials' numbers.
#include "driver/trial_files.hpp"

#include <array>
#include <charconv>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "base/folder.hpp"
#include "store/schema.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

constexpr const char* weights_folder = "weights";
constexpr const char* state_folder = "state";
constexpr std::array folders{weights_folder, state_folder};

std::string file_name(std::int64_t trial) { return fmt::format("{}.safetensors", trial); }

/// Whether it has the name that the file of some trial would have.
bool is_file_of_trial(const fs::path& path) {
    const std::string name = path.filename().string();
    std::int64_t trial = 0;
    std::from_chars(name.data(), name.data() + name.size(), trial);
    return name == file_name(trial);
}

} // namespace

fs::path weights_file(const fs::path& run, std::int64_t trial) {
    return run / weights_folder / file_name(trial);
}

fs::path state_file(const fs::path& run, std::int64_t trial) { return run / state_folder / file_name(trial); }

void make_trial_folders(const fs::path& run) {
    for (const char* folder : folders) make_folder(run / folder);
}

void check_no_strays(const fs::path& run) {
    std::error_code ignored;
    if (fs::exists(run / store::results_name, ignored)) return;
    for (const char* folder : folders) {
        for (const fs::directory_entry& entry : fs::directory_iterator(run / folder, ignored)) {
            if (!is_file_of_trial(entry.path())) continue;
            throw DataError(
                fmt::format("{} is of a trial whose results are gone: new trials of {} would take it for "
                            "theirs; put {} back, or move weights and state away as well",
                            entry.path().string(), run.string(), store::results_name));
        }
    }
}

void remove_leftovers(const fs::path& run, std::span<const store::Trial> trials) {
    std::error_code ignored; // what cannot be removed does no harm
    for (const store::Trial& trial : trials) {
        if (store::standing_of(trial.outcome.disposition) == store::Standing::done) {
            fs::remove(state_file(run, trial.id), ignored);
        }
    }
    for (const char* folder : folders) {
        for (const fs::directory_entry& entry : fs::directory_iterator(run / folder, ignored)) {
            if (entry.path().extension() == unfinished_extension) fs::remove(entry.path(), ignored);
        }
    }
}

} // namespace fractal::driver
