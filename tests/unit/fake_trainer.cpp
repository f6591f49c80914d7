// A backend without LibTorch, to test the driver by: built as a loadable module, named in $FRACTAL_BACKEND.
//
// Its figures follow from the variant, the seed and every step done, so a trial that is resumed at a wrong
// place, or with a wrong state, ends with other figures. Trials whose activations exceed the memory budget
// are skipped. Environment:
//     FRACTAL_FAKE_STEP_MS   milliseconds that a step takes (0)
//     FRACTAL_FAKE_FAIL      name of a variant whose trials fail in their second epoch
//     FRACTAL_FAKE_OUTCOMES  file that gets a line for each call of train: variant, seed, epoch it began at
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <thread>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "train/trainer.hpp"
#include "unit/blank_weights.hpp"
#include "weights/weights_fit.hpp"

namespace {

using namespace fractal;
namespace fs = std::filesystem;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// One round of splitmix64 over the state so far and a new number.
std::uint64_t mix(std::uint64_t state, std::uint64_t number) {
    std::uint64_t z = (state ^ number) + 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

double fraction(std::uint64_t state) { return static_cast<double>(state >> 11U) * 0x1p-53; }

struct State {
    std::uint64_t hash = 0;
    std::int32_t epoch = 0;
    std::int64_t step = 0;
};

void save(const fs::path& path, const State& state) {
    if (path.empty()) {
        return;
    }
    const fs::path unfinished = path.string() + unfinished_extension;
    std::ofstream(unfinished) << state.hash << ' ' << state.epoch << ' ' << state.step << '\n';
    fs::rename(unfinished, path);
}

class FakeTrainer final : public Trainer {
public:
    explicit FakeTrainer(std::int64_t memory_budget) : memory_budget_(memory_budget) {}

    DataSummary open(const DataSource& source, std::int64_t validation_images, std::uint64_t) override {
        constexpr std::int64_t images = 1000;
        if (source.name.ends_with(".safetensors"))
            return open_file(std::string(source.name), validation_images);
        name_ = source.name;
        if (source.name == "cifar10" && !fs::exists(fs::path(source.folder) / "data_batch_1.bin")) {
            throw IoError(std::string(source.folder) + " has no data_batch_1.bin");
        }
        validation_images = std::min<std::int64_t>(validation_images, images / 10);
        train_images_ = images - validation_images;
        return {.name = name_,
                .shape = {3, 32, 32},
                .classes = 10,
                .train_images = train_images_,
                .validation_images = validation_images,
                .test_images = 100,
                .pixel_mean = mean_,
                .pixel_std = deviation_};
    }

    void check(const Recipe& recipe) const override {
        if (recipe.amp == Amp::fp16) throw UsageError("--amp fp16: no arithmetic for it");
    }

    TrialReport train(const Variant& variant, const Recipe& recipe, const TrialFiles& files,
                      TrialObserver& observer) override {
        TrialReport report{.outcome = Outcome::interrupted,
                           .test_loss = nan_value,
                           .test_accuracy = nan_value,
                           .latency = nan_value,
                           .peak_bytes = 1 << 20,
                           .predicted_peak_bytes = 1 << 20};
        if (memory_budget_ > 0 && variant.cost.activation_bytes * recipe.batch > memory_budget_) {
            observer.on_reason("does not fit " + std::to_string(memory_budget_) + " bytes");
            report.outcome = Outcome::skipped;
            return report;
        }
        State state{.hash = mix(variant.fingerprint, recipe.seed)};
        if (std::ifstream file{std::string(files.state)}; file) {
            file >> state.hash >> state.epoch >> state.step;
        } else if (!files.init_weights.empty()) {
            open_tensors(files.init_weights);
            state.hash = mix(state.hash, recipe.init_weights);
        }
        if (const std::string log = environment("FRACTAL_FAKE_OUTCOMES"); !log.empty()) {
            std::ofstream(log, std::ios::app)
                << variant.name << ' ' << recipe.seed << ' ' << state.epoch << '\n';
        }
        const std::string wait = environment("FRACTAL_FAKE_STEP_MS");
        for (; state.epoch < recipe.epochs; ++state.epoch, state.step = 0) {
            if (state.epoch == 1 && environment("FRACTAL_FAKE_FAIL") == variant.name) {
                observer.on_reason("the loss is not finite at step 12");
                report.outcome = Outcome::failed;
                return report;
            }
            Next next = Next::go_on;
            while (next != Next::stop && state.step < steps) {
                state.hash = mix(state.hash, static_cast<std::uint64_t>(state.step++));
                std::this_thread::sleep_for(std::chrono::milliseconds(wait.empty() ? 0 : std::stoi(wait)));
                const double done =
                    static_cast<double>(state.epoch) + static_cast<double>(state.step) / steps;
                next = observer.on_step({.epoch = state.epoch,
                                         .step = state.step,
                                         .steps = steps,
                                         .loss = 2 * fraction(state.hash),
                                         .seconds = seconds_of_an_epoch * done,
                                         .images_per_second = 5000});
                if (next != Next::go_on) save(files.state, state);
            }
            if (state.step < steps) return report;
            observer.on_epoch({.epoch = state.epoch + 1,
                               .lr = recipe.lr,
                               .train_loss = 2 * fraction(state.hash),
                               .train_accuracy = fraction(mix(state.hash, 1)),
                               .validation_loss = recipe.validation_images > 0 ? 1.5 : nan_value,
                               .validation_accuracy =
                                   recipe.validation_images > 0 ? fraction(mix(state.hash, 2)) : nan_value,
                               .seconds = seconds_of_an_epoch,
                               .images_per_second = 4000,
                               .macs = static_cast<double>(variant.cost.macs)});
            save(files.state, {.hash = state.hash, .epoch = state.epoch + 1});
            if (next == Next::stop) return report;
        }
        if (!files.weights.empty()) {
            testing::write_blank_weights(
                files.weights, *variant.spec,
                {{network_key, std::string(variant.full_name)}, {"fake.hash", std::to_string(state.hash)}});
        }
        report.outcome = Outcome::finished;
        report.test_loss = fraction(mix(state.hash, 3));
        report.test_accuracy = fraction(mix(state.hash, 4));
        report.latency = 1e-4 + 1e-9 * static_cast<double>(variant.cost.macs);
        return report;
    }

    EvalReport evaluate(const Variant& variant, const Recipe&, std::string_view weights,
                        std::optional<std::int32_t> column) override {
        std::uint64_t hash = std::stoull(open_tensors(weights).header.metadata.at("fake.hash"));
        if (column) hash = mix(hash, static_cast<std::uint64_t>(*column));
        return {.loss = fraction(mix(hash, 3)),
                .accuracy = fraction(mix(hash, 4)),
                .macs = variant.cost.macs >> column.value_or(0),
                .seconds = 0.5,
                .images = 100};
    }

    InitialScores score(const Variant& variant, const Recipe& recipe, std::int64_t images,
                        std::span<const InitialScore> only) override {
        const auto of = [&](InitialScore score, double value) {
            return is_asked(only, score) ? value : nan_value;
        };
        const std::uint64_t hash =
            mix(mix(variant.fingerprint, recipe.seed), static_cast<std::uint64_t>(images));
        const bool has_relu =
            std::ranges::any_of(variant.spec->order, [](auto* layer) { return layer->name == "relu"; });
        using enum InitialScore;
        return {.gradient_norm = of(gradient_norm, std::log(static_cast<double>(variant.cost.macs))),
                .synflow = of(synflow, fraction(mix(hash, 5))),
                .naswot = of(naswot, has_relu ? fraction(mix(hash, 6)) : nan_value),
                .head_signal = of(head_signal, fraction(mix(hash, 7)))};
    }

    void write_torchscript(const Variant& variant, std::string_view weights, std::string_view file) override {
        std::ofstream(std::string(file)) << variant.name << ' ' << fs::file_size(weights) << '\n';
    }

private:
    /// A file of a few numbers: height and width of the images, classes, and how many are held out, 0 for no
    /// split.
    DataSummary open_file(const std::string& file, std::int64_t validation_images) {
        std::ifstream stream(file);
        int side = 0;
        std::int32_t classes = 0;
        std::int64_t held_out = 0;
        stream >> side >> classes >> held_out;
        name_ =
            fs::path(file).stem().string() + "@" + std::to_string(side * 10'000 + classes * 100 + held_out);
        return {.name = name_,
                .shape = {3, side, side},
                .classes = classes,
                .train_images = 500,
                .validation_images = held_out > 0 ? held_out : validation_images,
                .test_images = 100,
                .own_split = held_out > 0,
                .pixel_mean = mean_,
                .pixel_std = deviation_};
    }

    static constexpr std::int64_t steps = 10;
    static constexpr double seconds_of_an_epoch = 0.25;
    std::int64_t memory_budget_;
    std::int64_t train_images_ = 0;
    std::string name_;
    std::array<double, 3> mean_{.25, .5, .75};
    std::array<double, 3> deviation_{.125, .25, 1};
};

} // namespace

extern "C" Trainer* fractal_trainer(const Hardware& hardware, void (*fault)(std::string_view)) {
    if (hardware.device != "cpu") {
        fault("--device cuda: this machine has no GPU");
        return nullptr;
    }
    return new FakeTrainer(hardware.memory_budget);
}
