// Trials that run out of memory, by an allocator that refuses: tried again within less, then failed with the
// figures; and what comes after them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <torch/torch.h>

#include "backend/tensor_memory.hpp"
#include "checkpoint_nets.hpp"
#include "torch_check.hpp"
#include "trial_support.hpp"
#include "weights/safetensors.hpp"

extern "C" fractal::Trainer* fractal_trainer(const fractal::Hardware&, void (*)(std::string_view));

using namespace fractal;
using namespace fractal::testing;

namespace {

constexpr std::string_view with_norm = "net/3x32x32-d2-c3-w16-flat10-conv3.bn.relu";
constexpr std::string_view without_norm = "net/3x32x32-d2-c3-w16-gap10-conv3.relu.drop20-ud10.20";

/// Random images in the format of CIFAR-10.
void write_images(const std::string& file, int count) {
    std::mt19937 draws(1);
    std::ofstream out(file, std::ios::binary);
    for (int image = 0; image < count; ++image) {
        out.put(static_cast<char>(draws() % 10));
        for (int byte = 0; byte < 3072; ++byte) out.put(static_cast<char>(draws()));
    }
}

/// A trainer on 120 images, in batches of 40.
class Bench {
public:
    explicit Bench(std::int64_t memory_budget = 0)
        : trainer_(fractal_trainer({.memory_budget = memory_budget}, [](std::string_view) {})) {
        REQUIRE(trainer_ != nullptr);
        write_images(folder_.file("data_batch_1.bin"), 120);
        write_images(folder_.file("test_batch.bin"), 20);
        const std::string folder = folder_.file("");
        trainer_->open({.name = "cifar10", .folder = folder}, 0, 0);
        data_ = tensor_bytes();
    }

    TrialReport train(std::string_view name, TrialObserver& observer, const char* weights) {
        NetworkSpec spec;
        const Variant variant = forwards().variant(name, spec);
        Recipe recipe;
        recipe.epochs = 2;
        recipe.batch = 40;
        const std::string state = file("state.safetensors");
        std::filesystem::remove(state);
        return trainer_->train(variant, recipe, {.weights = file(weights), .state = state}, observer);
    }
    std::string file(const char* name) const { return folder_.file(name); }

    /// Bytes of that part of a trial's peak, beyond the data.
    std::int64_t part_of(const TrialReport& whole, double part) const {
        return data_ + static_cast<std::int64_t>(part * static_cast<double>(whole.peak_bytes - data_));
    }

    bool same_weights(const char* ours, const char* theirs) const {
        const TensorFile a = read_tensors(file(ours));
        const TensorFile b = read_tensors(file(theirs));
        if (a.tensors.size() != b.tensors.size()) return false;
        for (std::size_t i = 0; i < a.tensors.size(); ++i) {
            if (!a.tensors[i].second.equal(b.tensors[i].second)) return false;
        }
        return true;
    }

private:
    static const ForwardTable& forwards() {
        static const ForwardTable table =
            ForwardTable::of<Layers<Conv<3>, BatchNorm, ReLU>, Layers<Conv<3>, ReLU, Dropout<20>>>();
        return table;
    }

    TemporaryFolder folder_;
    std::unique_ptr<Trainer> trainer_;
    std::int64_t data_ = 0;
};

bool tells(const Watcher& watcher, std::string_view first, std::string_view second) {
    return std::ranges::any_of(watcher.notes, [&](const std::string& note) {
        return note.find(first) != std::string::npos && note.find(second) != std::string::npos;
    });
}

} // namespace

TEST_CASE("a trial that runs out of memory is tried again under a tighter plan, and learns the same") {
    Bench bench;
    Watcher calm(Watcher::never);
    const TrialReport whole = bench.train(with_norm, calm, "whole");
    REQUIRE(whole.outcome == Outcome::finished);

    const TensorMemoryLimit limit(bench.part_of(whole, 0.8));
    Watcher watcher(Watcher::never);
    const TrialReport tight = bench.train(with_norm, watcher, "tight");
    CAPTURE(watcher.reason);
    REQUIRE(tight.outcome == Outcome::finished);
    CHECK(tells(watcher, "out of memory at ", ": tried again within "));
    CHECK(tells(watcher, "computed again", "of a budget of"));
    CHECK(tight.peak_bytes < whole.peak_bytes);
    CHECK(tight.test_loss == whole.test_loss);
    CHECK(bench.same_weights("tight", "whole"));
}

TEST_CASE("memory that runs out after an epoch costs the steps since its end alone") {
    Bench bench;
    Watcher calm(Watcher::never);
    const TrialReport whole = bench.train(with_norm, calm, "whole");

    struct Shrinking final : TrialObserver {
        explicit Shrinking(const Bench& of, const TrialReport& report) : bench(of), whole(report) {}
        Next on_step(const StepReport&) override {
            if (++steps == 5) limit.emplace(bench.part_of(whole, 0.8));
            return Next::go_on;
        }
        void on_epoch(const EpochReport&) override {}
        void on_note(std::string_view text) override {
            goes_on = goes_on || text.starts_with("goes on after epoch 1,");
        }
        void on_reason(std::string_view) override {}
        const Bench& bench;
        const TrialReport& whole;
        std::optional<TensorMemoryLimit> limit;
        int steps = 0;
        bool goes_on = false;
    } shrinking(bench, whole);
    const TrialReport tight = bench.train(with_norm, shrinking, "tight");
    REQUIRE(tight.outcome == Outcome::finished);
    CHECK(shrinking.goes_on);
    CHECK(shrinking.steps == 5 + 3);
    CHECK(bench.same_weights("tight", "whole"));
}

TEST_CASE("what no plan knows of does not go beyond a budget") {
    std::int64_t peak = 0;
    {
        Bench bench;
        Watcher calm(Watcher::never);
        peak = bench.train(with_norm, calm, "whole").peak_bytes;
    }
    const std::int64_t budget = peak / 10 * 11;
    Bench bench(budget);
    struct Holding final : TrialObserver {
        explicit Holding(std::int64_t bytes) : size(bytes) {}
        Next on_step(const StepReport&) override {
            if (!held.defined()) held = torch::empty({size}, torch::kUInt8);
            return Next::go_on;
        }
        void on_epoch(const EpochReport&) override {}
        void on_note(std::string_view text) override { notes += text; }
        void on_reason(std::string_view text) override { reason = text; }
        std::int64_t size;
        torch::Tensor held;
        std::string notes, reason;
    } holding(peak / 10 * 3);
    const TrialReport report = bench.train(with_norm, holding, "held");
    CAPTURE(holding.reason);
    CAPTURE(holding.notes);
    REQUIRE(report.outcome == Outcome::finished);
    CHECK(holding.notes.find("over the memory budget at ") != std::string::npos);
    CHECK(report.peak_bytes <= budget);
}

TEST_CASE("without BatchNorm it goes on in micro-batches, where no plan for whole batches is tight enough") {
    Bench bench;
    Watcher calm(Watcher::never);
    const TrialReport whole = bench.train(without_norm, calm, "whole");
    REQUIRE(whole.outcome == Outcome::finished);

    const TensorMemoryLimit limit(bench.part_of(whole, 0.25));
    Watcher watcher(Watcher::never);
    const TrialReport parts = bench.train(without_norm, watcher, "parts");
    CAPTURE(watcher.reason);
    REQUIRE(parts.outcome == Outcome::finished);
    CHECK(tells(watcher, "in micro-batches of", ""));
    CHECK(parts.test_loss == doctest::Approx(whole.test_loss).epsilon(1e-4));
}

TEST_CASE("a trial that no plan lets in fails with the figures, and the next one learns what it would") {
    Bench bench;
    Watcher calm(Watcher::never);
    const TrialReport whole = bench.train(without_norm, calm, "whole");
    Watcher watcher(Watcher::never);
    {
        const TensorMemoryLimit limit(bench.part_of(whole, 0.1));
        const TrialReport failed = bench.train(with_norm, watcher, "none");
        CHECK(failed.outcome == Outcome::failed);
        CHECK(watcher.reason.starts_with("out of memory at "));
        CHECK(watcher.reason.find(" more asked for, and it needs ") != std::string::npos);
        CHECK(watcher.reason.find(" for batches of 40 however much is computed again") != std::string::npos);
        CHECK_FALSE(std::filesystem::exists(bench.file("none")));
        CHECK_FALSE(std::filesystem::exists(bench.file("state.safetensors")));
    }
    Watcher next(Watcher::never);
    CHECK(bench.train(without_norm, next, "next").outcome == Outcome::finished);
    CHECK(bench.same_weights("next", "whole"));
}
