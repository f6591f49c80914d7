// Writes a run as a sweep would have left it, for the tests of its report: `make_run FOLDER VARIANTS SEEDS
// EPOCHS`.
//
// The variants are the registry's, evenly spread over it, and one more whose names are not ours. Every
// disposition occurs, two data sets, both kinds of accuracy, and texts that markup, scripts and UTF-8 break
// on.
#include <cmath>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fractal/registry/registry.hpp>

#include "driver/variant_row.hpp"
#include "reflect/sql.hpp"
#include "store/schema.hpp"
#include "store/writer.hpp"

namespace {

using namespace fractal;
using store::Disposition;

const std::vector<std::string> reasons{
    "the loss is not finite in epoch 2, step 12, at learning rate 0.05; lower --lr",
    "</script><script>document.title = window.attacked = 'script'</script>",
    "<img src=x onerror=\"window.attacked = 'image'\"> & <b>bold</b> <!-- comment",
    "\xff\xfe is no UTF-8, \xe2\x80\xa8 ends a line, \"quotes\" \\ %{x}",
};

/// Of a network that the program does not have.
store::Subject stranger() {
    return {.variant = "<img src=x onerror=window.attacked='name'>/d1-c2-'\"&amp;</script>",
            .fingerprint = "0123456789abcdef",
            .family = "<i>family</i>",
            .depth = 1,
            .columns = 2,
            .layer_order = "<u>conv3</u>.bn",
            .parameters = 1234,
            .macs = 987654,
            .activation_bytes = 4321};
}

std::vector<store::Subject> subjects(std::size_t wanted) {
    const auto all = compiled_registry().all();
    if (wanted > all.size()) throw std::runtime_error(fmt::format("there are {} variants", all.size()));
    std::vector<store::Subject> chosen{stranger()};
    for (std::size_t i = 1; i < wanted; ++i) {
        const Variant& variant = *all[(i - 1) * all.size() / (wanted - 1)];
        chosen.push_back(driver::subject_of(variant, variant.spec->classes));
    }
    return chosen;
}

/// Between 0 and 1, and another for each place.
double noise(std::size_t place) {
    return std::fmod(std::sin(static_cast<double>(place) * 12.9898) * 43758.5453, 0.5) + 0.5;
}

/// Most finish; of every 16 the last few show what else there is.
Disposition fate(std::size_t trial) {
    switch (trial % 40) {
        case 3:
            return Disposition::failed;
        case 11:
            return Disposition::skipped;
        case 17:
            return Disposition::timed_out;
        case 23:
            return Disposition::interrupted;
        case 27:
            return Disposition::paused;
        case 29:
            return Disposition::pruned;
        case 33:
            return Disposition::pending;
        case 38:
            return Disposition::running;
        default:
            return Disposition::finished;
    }
}

/// What a network comes to: deeper and wider is better, normalisation helps, and seeds differ.
double final_accuracy(const store::Subject& subject, std::size_t trial) {
    const double size = std::log10(static_cast<double>(subject.macs)) - 5;
    const double bn = subject.layer_order.find("bn") == std::string::npos ? 0 : 0.06;
    const double first = subject.layer_order.starts_with("conv3") ? 0.03 : 0;
    return std::min(0.97, 0.3 + 0.09 * size + 0.01 * subject.columns + bn + first + 0.04 * noise(trial));
}

double images_per_second(const store::Subject& subject) {
    return 4e11 / (1e8 + static_cast<double>(subject.macs)) / (1 + 0.2 * subject.columns);
}

std::vector<store::Request> requests(std::size_t variants, std::size_t seeds, std::int32_t epochs) {
    std::vector<store::Request> wanted;
    for (const store::Subject& subject : subjects(variants)) {
        for (std::size_t seed = 0; seed < seeds; ++seed) {
            // Some hold nothing out, and are of another data set.
            const bool by_test = wanted.size() % 10 == 9;
            store::Request request{.subject = subject,
                                   .conditions = {.data = by_test ? "cifar10" : "shapes",
                                                  .train_images = by_test ? 10000 : 9000,
                                                  .validation_images = by_test ? 0 : 1000},
                                   .recipe_label = fmt::format("fast epochs={}", epochs),
                                   .recipe = recipe_preset("fast")};
            request.recipe.epochs = epochs;
            request.recipe.seed = seed;
            request.recipe.validation_images = by_test ? 0 : 1000;
            wanted.push_back(request);
        }
    }
    return wanted;
}

/// The epochs of a trial, and what came of it.
class Results {
public:
    explicit Results(store::Database& database)
        : add_epoch_(database.prepare(fmt::format("INSERT INTO epoch (trial, {}) VALUES (?, {})",
                                                  reflect::sql_columns<store::Epoch>(),
                                                  reflect::sql_parameters<store::Epoch>()))),
          set_outcome_(database.prepare(fmt::format("UPDATE trial SET ({}) = ({}) WHERE id = ?",
                                                    reflect::sql_columns<store::Outcome>(),
                                                    reflect::sql_parameters<store::Outcome>()))) {}

    void record(const store::Trial& trial, std::size_t place) {
        store::Outcome outcome{.disposition = fate(place)};
        const bool finished = outcome.disposition == Disposition::finished;
        if (!finished && outcome.disposition != Disposition::pending &&
            outcome.disposition != Disposition::running)
            outcome.reason = reasons[place / 40 % reasons.size()];
        const bool began =
            outcome.disposition != Disposition::pending && outcome.disposition != Disposition::skipped;
        const std::int32_t epochs = finished ? trial.recipe.epochs : began ? trial.recipe.epochs / 2 : 0;
        const double accuracy = final_accuracy(trial.subject, place);
        for (std::int32_t epoch = 1; epoch <= epochs; ++epoch) record_epoch(trial, epoch, accuracy, outcome);
        if (finished) {
            outcome.test_accuracy = accuracy - 0.02;
            outcome.latency =
                (1 + 0.2 * trial.subject.columns) * (1e-4 + 1e-11 * static_cast<double>(trial.subject.macs));
            outcome.test_loss = 2 * (1 - accuracy);
            outcome.predicted_peak_bytes = trial.subject.activation_bytes * trial.recipe.batch + (8 << 20);
            outcome.peak_bytes = static_cast<std::int64_t>(static_cast<double>(outcome.predicted_peak_bytes) *
                                                           (0.97 + 0.06 * noise(place + 7)));
        }
        if (began) outcome.started = "2026-01-31T10:00:00Z";
        if (finished || !outcome.reason.empty()) outcome.ended = "2026-01-31T11:00:00Z";
        int at = 1;
        reflect::bind_members(set_outcome_, at, outcome);
        set_outcome_.bind(at, trial.id);
        set_outcome_.run();
    }

private:
    void record_epoch(const store::Trial& trial, std::int32_t number, double accuracy,
                      store::Outcome& outcome) {
        const double part = 1 - std::exp(-3.0 * number / trial.recipe.epochs);
        const double reached = 0.1 + (accuracy - 0.1) * part / (1 - std::exp(-3.0));
        store::Epoch epoch{.epoch = number,
                           .train_loss = 2.4 * (1 - reached),
                           .train_accuracy = std::min(1.0, reached + 0.02),
                           .lr = trial.recipe.lr,
                           .images_per_second = images_per_second(trial.subject),
                           .macs = static_cast<double>(trial.subject.macs),
                           .seconds = 1.5};
        if (trial.conditions.validation_images > 0) {
            epoch.validation_loss = 2.5 * (1 - reached);
            epoch.validation_accuracy = reached;
            outcome.last_validation_accuracy = outcome.best_validation_accuracy = reached;
        }
        outcome.epochs_done = number;
        outcome.seconds += epoch.seconds;
        outcome.images_per_second = epoch.images_per_second;
        add_epoch_.bind(1, trial.id);
        int at = 2;
        reflect::bind_members(add_epoch_, at, epoch);
        add_epoch_.run();
    }

    store::Statement add_epoch_, set_outcome_;
};

void make_run(const std::filesystem::path& folder, std::size_t variants, std::size_t seeds,
              std::int32_t epochs) {
    std::vector<store::Trial> trials;
    {
        store::Writer writer(folder, {.version = "0.1.0",
                                      .manifest = "0",
                                      .command_line = "fractal train --select 'all' </script>",
                                      .machine = "a machine, 2 threads, device cpu",
                                      .created = {}});
        trials = writer.find_or_add(requests(variants, seeds, epochs));
    }
    // By itself, since the writer has each epoch on the disk before the next.
    store::Database database(folder / store::results_name, store::Database::Mode::write);
    Results results(database);
    store::Transaction transaction(database);
    for (std::size_t place = 0; place < trials.size(); ++place) results.record(trials[place], place);
    transaction.commit();
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 5) throw std::runtime_error("usage: make_run FOLDER VARIANTS SEEDS EPOCHS");
        make_run(argv[1], std::stoul(argv[2]), std::stoul(argv[3]), std::stoi(argv[4]));
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "make_run: {}\n", error.what());
        return 1;
    }
}
