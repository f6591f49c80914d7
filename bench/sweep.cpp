// What a sweep costs beyond its steps: trains many variants by few steps each, as `fractal train` does, and
// tells of each trial what its parts took, and the memory that the process holds after it. JSON on the output
// stream.
//
//     fractal_bench_sweep --variants 100 --rounds 2 --data-dir DIR --run DIR
//
// DIR holds images in the format of CIFAR-10, and an epoch of them is a trial's steps. In the second round
// the same variants are trained again: by then the convolution library has compiled the code for their
// shapes.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fractal/registry/registry.hpp>

#include "driver/backend_loader.hpp"
#include "driver/sweep.hpp"
#include "driver/trial_files.hpp"
#include "driver/trial_plan.hpp"

namespace fs = std::filesystem;
using namespace fractal;
using nlohmann::json;

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

double resident_mib() {
    std::ifstream file("/proc/self/statm");
    std::int64_t pages = 0;
    file >> pages >> pages; // the second is what is resident
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// Takes the time of each part of each trial.
class Stopwatch final : public driver::SweepView {
public:
    void begin(std::size_t, const driver::Planned& planned) override {
        trial_ = {{"variant", planned.variant->name}};
        begin_ = Clock::now();
        steps_ = {};
    }
    void step(const StepReport& report) override {
        if (steps_.empty()) set_up_ = milliseconds(Clock::now() - begin_) - 1000 * report.seconds;
        const double before = steps_.empty() ? 0 : seconds_;
        seconds_ = report.seconds;
        steps_.push_back(1000 * (report.seconds - before));
        stepped_ = Clock::now();
    }
    void epoch(const EpochReport&) override { recorded_ = Clock::now(); }
    void note(std::string_view) override {}
    void end(const store::Ending& ending, std::optional<double>, double seconds) override {
        const auto now = Clock::now();
        trial_["disposition"] = reflect::enum_text(ending.disposition);
        trial_["reason"] = ending.reason;
        trial_["whole_ms"] = 1000 * seconds;
        trial_["set_up_ms"] = set_up_; // weights, the data stream, and that the trial is running
        trial_["steps_ms"] = steps_;
        trial_["epoch_end_ms"] = milliseconds(recorded_ - stepped_); // its weights, state and row are saved
        trial_["trial_end_ms"] = milliseconds(now - recorded_);      // the test set, its row
        trial_["resident_mib"] = resident_mib();
        trials_.push_back(std::move(trial_));
    }

    json take() { return std::exchange(trials_, json::array()); }
    json& trials() { return trials_; }

private:
    Clock::time_point begin_;
    Clock::time_point stepped_;
    Clock::time_point recorded_;
    double set_up_ = 0;
    double seconds_ = 0;
    std::vector<double> steps_;
    json trial_;
    json trials_ = json::array();
};

/// `count` variants of a family, drawn by a seed, so that what comes early is no smaller than what comes
/// late.
std::vector<const Variant*> drawn(const std::string& family, std::size_t count) {
    std::vector<const Variant*> variants;
    for (const Variant* variant : compiled_registry().all()) {
        if (variant->family == family) variants.push_back(variant);
    }
    std::mt19937 draws(0);
    for (std::size_t left = variants.size(); left > 1; --left)
        std::swap(variants[left - 1], variants[draws() % left]);
    variants.resize(std::min(count, variants.size()));
    return variants;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains many variants by few steps each, and takes the time of each part, as JSON.");
    std::string family = "compact";
    std::size_t count = 100;
    int rounds = 1;
    std::string recipe_name = "fast";
    Recipe recipe;
    std::int32_t batch = 128;
    fs::path run;
    std::string data_dir;
    app.add_option("--family", family, "that the variants are drawn from");
    app.add_option("--variants", count, "how many")->check(CLI::PositiveNumber);
    app.add_option("--rounds", rounds, "how often each is trained")->check(CLI::PositiveNumber);
    app.add_option("--batch", batch, "images in a step")->check(CLI::PositiveNumber);
    app.add_option("--data-dir", data_dir, "images in the format of CIFAR-10")->required();
    app.add_option("--run", run, "folder for the results")->required();
    CLI11_PARSE(app, argc, argv);

    recipe = recipe_preset(recipe_name);
    recipe.epochs = 1;
    recipe.batch = batch;
    recipe.validation_images = 0;
    const std::vector<const Variant*> variants = drawn(family, count);
    const auto began = Clock::now();
    const std::unique_ptr<Trainer> trainer = driver::load_trainer({});
    const double loaded = milliseconds(Clock::now() - began);
    driver::SweepData data(*trainer, [&](const std::string&) { return data_dir; });
    const DataSummary& summary = data.open("cifar10", 0);
    json report{{"backend_ms", loaded},
                {"batch", batch},
                {"train_images", summary.train_images},
                {"test_images", summary.test_images},
                {"rounds", json::array()}};
    for (int round = 0; round < rounds; ++round) {
        const fs::path folder = run / std::to_string(round);
        store::Writer writer(folder, {.command_line = "fractal_bench_sweep"});
        // Trial by trial, since the order is drawn and not by cost.
        std::vector<driver::Planned> plan;
        for (const Variant* variant : variants) {
            const std::vector<store::Request> requests = driver::requests_of(
                {.data = "cifar10", .preset = recipe_name, .recipe = recipe}, {variant}, summary);
            plan.push_back({writer.find_or_add(requests.front()), variant});
        }
        Stopwatch view;
        driver::sweep(*trainer, data, writer, plan, {.run = folder, .stop = {}}, view);
        // What the evaluation of the test set took of a trial's end: the same again, its code compiled.
        for (std::size_t i = 0; i < plan.size(); ++i) {
            json& trial = view.trials()[i];
            if (trial["disposition"] != "finished") continue;
            const fs::path weights = driver::weights_file(folder, plan[i].trial.id);
            trial["evaluation_ms"] =
                1000 * trainer->evaluate(*plan[i].variant, recipe, weights.string(), {}).seconds;
        }
        report["rounds"].push_back(view.take());
    }
    std::cout << report.dump() << std::endl;
    return 0;
}
