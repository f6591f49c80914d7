// What a large run costs to open, rank, search and watch: 50,000 trials of 2,500 variants with 20 seeds each,
// three epochs each, as `fractal train` would have recorded them, or a search, which prunes most of them.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "store/lock.hpp"
#include "store/reader.hpp"
#include "store/schema.hpp"
#include "store/writer.hpp"

using namespace fractal;
using namespace fractal::store;

namespace {

namespace fs = std::filesystem;

constexpr int trials = 50'000;
constexpr int seeds = 20;

std::vector<Request> requests() {
    std::vector<Request> requests;
    for (int i = 0; i < trials; ++i) {
        const int variant = i / seeds;
        Request request;
        request.recipe.seed = static_cast<std::uint64_t>(i % seeds);
        request.recipe.validation_images = 5000;
        request.subject = {
            .variant = fmt::format("compact/d{}-c{}-v{}", 1 + variant % 4, 1 + variant % 5, variant),
            .fingerprint = fmt::format("{:016x}", variant),
            .family = "compact",
            .depth = 1 + variant % 4,
            .columns = 1 + variant % 5,
            .layer_order = "conv3.bn.relu",
            .parameters = 1000 + variant,
            .macs = 1'000'000 + variant,
            .activation_bytes = 3000};
        request.conditions = {.data = "cifar10", .train_images = 45'000, .validation_images = 5000};
        request.recipe_label = "fast";
        requests.push_back(std::move(request));
    }
    return requests;
}

/// A run folder that goes with the program. Made by the store itself as far as it writes many rows at once.
class Run50k {
public:
    explicit Run50k(bool pruned) {
        std::string name = (fs::temp_directory_path() / "fractal-bench-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
        std::vector<std::int64_t> plan;
        {
            Writer writer(path_, {.version = "0.1", .command_line = "fractal train"});
            for (const Trial& trial : writer.find_or_add(requests())) plan.push_back(trial.id);
            writer.plan(plan);
        }
        Database database(path_ / results_name, Database::Mode::write);
        database.run(R"(
            BEGIN;
            INSERT INTO epoch SELECT trial.id, n.value, 2.0 / n.value, 0.3, 1.5, (trial.id * 7919 + n.value) % 1009 / 1009.0,
                0.1, 5000, 1e6, 9 FROM trial, json_each('[1,2,3]') AS n;
            UPDATE trial SET disposition = iif(id % 50 = 0, 'failed', 'finished'), reason = iif(id % 50 = 0, 'broke', ''),
                (epochs_done, seconds, best_validation_accuracy, last_validation_accuracy) =
                (SELECT max(epoch), sum(seconds), max(validation_accuracy), min(validation_accuracy) FROM epoch
                 WHERE trial = trial.id), started = '2026-01-01T00:00:00Z', ended = '2026-01-01T00:01:00Z';
            COMMIT)");
        if (pruned) {
            database.run(
                "UPDATE trial SET disposition = 'pruned', reason = 'place 9 of 10 at rung 1 of 3' WHERE id % "
                "20 > 0");
        }
    }
    ~Run50k() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Run50k(const Run50k&) = delete;
    Run50k& operator=(const Run50k&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

const fs::path& folder() {
    static const Run50k run(false);
    return run.path();
}

const fs::path& folder_of_search() {
    static const Run50k run(true);
    return run.path();
}

/// What `fractal rank` does with an open store.
void rank(Reader& reader) {
    benchmark::DoNotOptimize(reader.rank({.top = 10}));
    benchmark::DoNotOptimize(reader.counts());
    benchmark::DoNotOptimize(reader.faults());
}

void rank_from_file(benchmark::State& state, const fs::path& run) {
    for (auto _ : state) {
        Reader reader(run);
        rank(reader);
    }
}

void open_and_rank(benchmark::State& state) { rank_from_file(state, folder()); }
BENCHMARK(open_and_rank)->Unit(benchmark::kMillisecond);

void open_and_rank_search(benchmark::State& state) { rank_from_file(state, folder_of_search()); }
BENCHMARK(open_and_rank_search)->Unit(benchmark::kMillisecond);

void rank_where(benchmark::State& state) {
    folder();
    for (auto _ : state) {
        Reader reader(folder());
        reader.restrict_to(reader.trials_where("depth = 3 AND parameters < 2000"));
        rank(reader);
    }
}
BENCHMARK(rank_where)->Unit(benchmark::kMillisecond);

/// What one look of `fractal watch` at a plan of them all reads.
void look(benchmark::State& state) {
    folder();
    Reader reader(folder());
    for (auto _ : state) {
        benchmark::DoNotOptimize(fractal::store::lock_owner(folder()));
        benchmark::DoNotOptimize(reader.sweep());
        benchmark::DoNotOptimize(reader.rank({.top = 3}));
    }
}
BENCHMARK(look)->Unit(benchmark::kMillisecond);

/// What a step pays for it, once every two seconds.
void tell(benchmark::State& state) {
    std::string name = (fs::temp_directory_path() / "fractal-bench-XXXXXX").string();
    const fs::path path = ::mkdtemp(name.data());
    {
        Writer writer(path, {});
        Request request = requests().front();
        const std::int64_t id = writer.find_or_add(request).id;
        writer.start(id);
        for (auto _ : state) writer.tell(id, {.epoch = 1, .step = 2, .steps = 3, .loss = 1.5});
    }
    fs::remove_all(path);
}
BENCHMARK(tell)->Unit(benchmark::kMicrosecond);

} // namespace
