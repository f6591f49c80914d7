// A small place to run trials in, and an observer that keeps what it is told.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include "data/shapes.hpp"
#include "train/trial.hpp"

namespace fractal::testing {

/// A few images to train on, held out and to test on.
inline Workplace small_workplace(std::uint32_t training = 200, std::uint32_t held_out = 50,
                                 std::uint32_t testing = 50) {
    Workplace workplace;
    const data::ByteImages train = data::make_shapes(data::ShapesPart::train, training + held_out);
    workplace.data = data::make_dataset("shapes", data::shapes_classes, data::measure_normalisation(train),
                                        train, data::make_shapes(data::ShapesPart::test, testing));
    workplace.split = data::split_training(training + held_out, held_out, 0);
    return workplace;
}

/// Thirty steps of 20 images, each at a learning rate of its own.
inline Recipe small_recipe() {
    Recipe recipe = recipe_preset("fast");
    recipe.epochs = 3;
    recipe.batch = 20;
    recipe.amp = Amp::off;
    recipe.seed = 9;
    return recipe;
}

/// Stops a trial after a number of steps, or never.
struct Watcher final : TrialObserver {
    static constexpr int never = -1;
    explicit Watcher(int steps) : steps_left(steps) {}

    Next on_step(const StepReport&) override { return --steps_left == 0 ? Next::stop : Next::go_on; }
    void on_epoch(const EpochReport& report) override { epochs.push_back(report); }
    void on_note(std::string_view text) override { notes.emplace_back(text); }
    void on_reason(std::string_view text) override { reason = text; }

    int steps_left;
    std::vector<EpochReport> epochs;
    std::vector<std::string> notes;
    std::string reason;
};

/// Goes with its test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "fractal-trial-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    std::string file(const char* name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

} // namespace fractal::testing
