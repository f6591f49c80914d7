// What of a run must be equal however it came about.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "store/reader.hpp"
#include "store/trial_rows.hpp"
#include "unit/driver_fixture.hpp"

namespace fractal::driver::testing {

/// All that a run recorded apart from times.
inline std::string rows_of(const fs::path& run) {
    store::Reader reader(run);
    nlohmann::ordered_json rows;
    for (store::Trial trial : reader.trials()) {
        trial.outcome.started = trial.outcome.ended = "";
        trial.outcome.seconds = 0;
        auto row = store::trial_json(trial);
        for (const store::Epoch& epoch : reader.epochs(trial.id)) {
            row["epochs"].push_back({epoch.epoch, epoch.train_loss, epoch.train_accuracy, epoch.lr,
                                     epoch.validation_accuracy.value_or(-1)});
        }
        row["weights"] = text_of(run / "weights" / (std::to_string(trial.id) + ".safetensors"));
        rows.push_back(row);
    }
    return rows.dump(1);
}

/// Whether a trial of a run that has begun has done its first epoch and is under way.
inline bool is_in_second_epoch(const fs::path& run) {
    store::Reader reader(run);
    return std::ranges::any_of(reader.trials(), [](const store::Trial& trial) {
        return trial.outcome.disposition == store::Disposition::running && trial.outcome.epochs_done >= 1;
    });
}

inline std::map<store::Disposition, std::int64_t> counts_of(const fs::path& run) {
    return store::Reader(run).counts();
}

} // namespace fractal::driver::testing
