// Runs of the driver with a backend that is not LibTorch: what is trained, recorded, refused, and gone on
// with.
#include "check.hpp"

#include <csignal>
#include <set>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "store/reader.hpp"
#include "unit/driver_fixture.hpp"
#include "unit/driver_rows.hpp"

using namespace fractal;
using namespace fractal::driver::testing;
using store::Disposition;

namespace {

using Words = std::vector<std::string>;

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

/// Waits until the backend was asked to train for the `number`th time, however slow the machine is.
void wait_until_training(const fs::path& folder, std::size_t number) {
    REQUIRE(wait_until([&] { return lines_of(text_of(folder / "trained")) >= number; }));
}

/// Three variants with so many seeds.
Words seeded(const std::string& seeds, const Words& more = {}) {
    Words words{"train", "--select", "cheap", "--epochs", "3", "--seeds", seeds, "--run", "run"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

const Words sweep = seeded("2");

} // namespace

TEST_CASE("a sweep trains each variant with each seed, records it, and says what to type next") {
    const Folder folder;
    const Output output = run_driver(folder.path(), sweep);
    REQUIRE(output.status == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 6}});
    store::Reader reader(folder.path() / "run");
    std::set<std::pair<std::string, std::uint64_t>> trials;
    for (const store::Trial& trial : reader.trials()) {
        trials.emplace(trial.subject.variant, trial.recipe.seed);
        CHECK(trial.recipe.epochs == 3);
        CHECK(trial.recipe_label.starts_with("fast epochs=3"));
        CHECK(trial.conditions.train_images == 900);
        CHECK(trial.conditions.validation_images == 100);
        CHECK(reader.epochs(trial.id).size() == 3);
        CHECK(fs::exists(folder.path() / "run" / "weights" / (std::to_string(trial.id) + ".safetensors")));
        CHECK_FALSE(
            fs::exists(folder.path() / "run" / "state" / (std::to_string(trial.id) + ".safetensors")));
    }
    CHECK(trials.size() == 6);
    CHECK(output.out.find("6 trials: 6 finished") != std::string::npos);
    CHECK(output.out.find("fractal rank run") != std::string::npos);
    CHECK(output.err.find('\x1b') == std::string::npos);

    // The same again finds everything done.
    const Output again = run_driver(folder.path(), sweep);
    CHECK(again.status == 0);
    CHECK(again.err.find("0 of 6 trials to train") == 0);
}

TEST_CASE("a failed trial has its reason, the others go on, and only --retry-failed trains it again") {
    const Folder folder;
    const std::string bad = "net/3x32x32-d1-c2-w16-gap10-conv3";
    CHECK(run_driver(folder.path(), sweep, {{"FRACTAL_FAKE_FAIL", bad}}).status == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 4}, {Disposition::failed, 2}});
    const Output rank = run_driver(folder.path(), {"rank", "run"});
    CHECK(rank.out.find("failed  " + bad + ": the loss is not finite at step 12") != std::string::npos);
    CHECK(run_driver(folder.path(), {"train", "--resume", "run"}).err.find("0 of 6") == 0);
    CHECK(run_driver(folder.path(), {"train", "--resume", "run", "--retry-failed"}).err.find("2 of 6") == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 6}});
}

TEST_CASE("a memory budget means automatic checkpointing, reaches the backend, and stays with the run") {
    const Folder folder;
    Words words = sweep;
    words.insert(words.end(), {"--memory-budget", "20MiB", "--amp", "off"});
    const Output output = run_driver(folder.path(), words);
    CHECK(output.status == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 2}, {Disposition::skipped, 4}});
    for (const store::Trial& trial : store::Reader(folder.path() / "run").trials()) {
        CHECK(trial.recipe.checkpoint == Checkpoint::automatic);
        if (trial.outcome.disposition == Disposition::skipped)
            CHECK(trial.outcome.reason == "does not fit 20971520 bytes");
    }
    run_driver(folder.path(), {"train", "--resume", "run", "--retry-failed"});
    CHECK(counts_of(folder.path() / "run").at(Disposition::skipped) == 4);
    run_driver(folder.path(), {"train", "--resume", "run", "--retry-failed", "--memory-budget", "1GiB"});
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 6}});

    // The same trials, asked for again without the flag, and others that are added.
    CHECK(run_driver(folder.path(), seeded("3", {"--amp", "off"})).status == 0);
    const std::vector<store::Trial> all = store::Reader(folder.path() / "run").trials();
    CHECK(all.size() == 9);
    for (const store::Trial& trial : all) CHECK(trial.recipe.checkpoint == Checkpoint::automatic);

    words = {"train", "--select", "cheap", "--epochs", "1", "--run", "other", "--memory-budget", "20MiB"};
    words.insert(words.end(), {"--checkpoint", "none"});
    CHECK(run_driver(folder.path(), words).status == 0);
    for (const store::Trial& trial : store::Reader(folder.path() / "other").trials())
        CHECK(trial.recipe.checkpoint == Checkpoint::none);
    const Output refused = run_driver(folder.path(), {"train", "*", "--memory-budget", "2GB"});
    CHECK(refused.status == 64);
    CHECK(refused.err.find("--memory-budget is 2GB: expected a size") != std::string::npos);
}

TEST_CASE("Ctrl-C saves, says how to go on, exits 130; the resumed run is the undisturbed one") {
    const Folder folder;
    Words undisturbed = sweep;
    undisturbed.back() = "whole";
    REQUIRE(run_driver(folder.path(), undisturbed).status == 0);

    const pid_t child = start_driver(folder.path(), sweep,
                                     {{"FRACTAL_FAKE_STEP_MS", "20"}, {"FRACTAL_FAKE_OUTCOMES", "trained"}});
    wait_until_training(folder.path(), 2);
    ::kill(child, SIGINT);
    CHECK(wait_for(child) == 130);
    CHECK(text_of(folder.path() / "out").find("To go on:\n  fractal train --resume run\n") !=
          std::string::npos);
    const auto counts = counts_of(folder.path() / "run");
    CHECK(counts.at(Disposition::interrupted) == 1);
    CHECK(counts.at(Disposition::pending) >= 1);

    CHECK(run_driver(folder.path(), {"train", "--resume", "run"}).status == 0);
    CHECK(rows_of(folder.path() / "run") == rows_of(folder.path() / "whole"));
}

TEST_CASE("a trial that has left its weights to their file goes on with them under --no-weights") {
    const Folder folder;
    const pid_t child = start_driver(folder.path(), sweep,
                                     {{"FRACTAL_FAKE_STEP_MS", "20"}, {"FRACTAL_FAKE_OUTCOMES", "trained"}});
    wait_until_training(folder.path(), 2);
    ::kill(child, SIGINT);
    REQUIRE(wait_for(child) == 130);
    const fs::path run = folder.path() / "run";
    std::vector<fs::path> weights; // of the trial that goes on, and of one that begins
    for (const Disposition disposition : {Disposition::interrupted, Disposition::pending}) {
        const auto trials = store::Reader(run).trials();
        const auto found = std::ranges::find(
            trials, disposition, [](const store::Trial& trial) { return trial.outcome.disposition; });
        REQUIRE(found != trials.end());
        weights.push_back(run / "weights" / (std::to_string(found->id) + ".safetensors"));
    }
    std::ofstream(weights[0]) << "as saved";
    REQUIRE(run_driver(folder.path(), {"train", "--resume", "run", "--no-weights"}).status == 0);
    CHECK(text_of(weights[0]) != "as saved"); // the trainer was given the file
    CHECK_FALSE(fs::exists(weights[1]));
    REQUIRE(run_driver(folder.path(), seeded("3")).status == 0); // as the run remembers
    CHECK_FALSE(fs::exists(run / "weights" / "7.safetensors"));
    REQUIRE(run_driver(folder.path(), seeded("4", {"--weights"})).status == 0);
    CHECK(fs::exists(run / "weights" / "10.safetensors"));
}

TEST_CASE("a second Ctrl-C ends at once") {
    const Folder folder;
    const pid_t child = start_driver(
        folder.path(), sweep, {{"FRACTAL_FAKE_STEP_MS", "60000"}, {"FRACTAL_FAKE_OUTCOMES", "trained"}});
    wait_until_training(folder.path(), 1);
    const auto begin = std::chrono::steady_clock::now();
    ::kill(child, SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::kill(child, SIGINT);
    CHECK(wait_for(child) == 130);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("killed again and again, the resumed run is the undisturbed one, and nothing is trained twice") {
    const Folder folder;
    Words undisturbed = sweep;
    undisturbed.back() = "whole";
    REQUIRE(run_driver(folder.path(), undisturbed).status == 0);

    const Environment slow{{"FRACTAL_FAKE_STEP_MS", "10"}, {"FRACTAL_FAKE_OUTCOMES", "trained"}};
    Words saving = sweep;
    saving.insert(saving.end(), {"--save-every", "3"});
    pid_t child = start_driver(folder.path(), saving, slow);
    wait_until_training(folder.path(), 1);
    REQUIRE(wait_until([&] { return is_in_second_epoch(folder.path() / "run"); }));
    for (const int milliseconds : {0, 130, 370, 510, 290}) {
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
        ::kill(child, SIGKILL);
        const int status = wait_for(child);
        CHECK((status == -SIGKILL || status == 0));
        child = start_driver(folder.path(), {"train", "--resume", "run", "--save-every", "0.03s"}, slow);
    }
    CHECK(wait_for(child) == 0);
    CHECK(rows_of(folder.path() / "run") == rows_of(folder.path() / "whole"));

    // A trial begins at epoch 0 once; each later beginning is at a later epoch.
    std::istringstream trained(text_of(folder.path() / "trained"));
    std::map<std::string, int> last;
    std::string variant, seed;
    bool went_on = false;
    for (int epoch = 0; trained >> variant >> seed >> epoch;) {
        const auto [place, first] = last.emplace(variant + " " + seed, epoch);
        CHECK((first ? epoch == 0 : epoch >= place->second));
        place->second = epoch;
        went_on = went_on || epoch > 0;
    }
    CHECK(last.size() == 6);
    CHECK(went_on); // a kill came while a trial was under way
}

TEST_CASE("a time limit ends the run in order") {
    const Folder folder;
    Words limited = sweep;
    limited.insert(limited.end(), {"--time-limit", "1s"});
    const Output output = run_driver(folder.path(), limited, {{"FRACTAL_FAKE_STEP_MS", "100"}});
    CHECK(output.status == 0);
    CHECK(output.out.find("the time limit of 1s was reached") != std::string::npos);
    auto counts = counts_of(folder.path() / "run");
    CHECK(counts[Disposition::interrupted] <= 1);
    CHECK(counts[Disposition::interrupted] + counts[Disposition::pending] > 0);
    CHECK(counts[Disposition::running] == 0);
}

TEST_CASE("a trial whose time is up ends in order, and goes on from there when it is given more") {
    const Folder folder;
    Words limited = sweep;
    limited.insert(limited.end(), {"--trial-time-limit", "0.6s", "--save-every", "1h"}); // of 0.75 s each
    const Output output = run_driver(folder.path(), limited, {{"FRACTAL_FAKE_OUTCOMES", "trained"}});
    CHECK(output.status == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::timed_out, 6}});
    CHECK(output.out.find("timed-out") != std::string::npos);
    CHECK(output.out.find("its time limit of 0.6 s was reached after epoch 2, step 4") != std::string::npos);
    CHECK(run_driver(folder.path(), {"train", "--resume", "run"}).err.find("0 of 6") == 0);
    const Words more{"train", "--resume", "run", "--retry-failed", "--trial-time-limit", "10s"};
    CHECK(run_driver(folder.path(), more, {{"FRACTAL_FAKE_OUTCOMES", "trained"}}).status == 0);
    CHECK(text_of(folder.path() / "trained").ends_with(" 2\n"));
    Words undisturbed = sweep;
    undisturbed.back() = "whole";
    REQUIRE(run_driver(folder.path(), undisturbed).status == 0);
    CHECK(rows_of(folder.path() / "run") == rows_of(folder.path() / "whole"));
}

TEST_CASE("a trial whose time is up with its last step has been trained") {
    const Folder folder;
    Words limited = sweep;
    limited.insert(limited.end(), {"--trial-time-limit", "0.75s"}); // what all epochs take
    CHECK(run_driver(folder.path(), limited).status == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 6}});
}

TEST_CASE("files of trials whose results are gone are taken for no others'") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep).status == 0);
    for (const char* name : {"results.sqlite", "results.sqlite-wal", "results.sqlite-shm"}) {
        fs::remove(folder.path() / "run" / name);
    }
    for (const Words& words : {sweep, Words{"merge", "run", "whole"}}) {
        Words whole = sweep;
        whole.back() = "whole";
        REQUIRE(run_driver(folder.path(), whole).status == 0);
        const Output refused = run_driver(folder.path(), words);
        CHECK(refused.status == 65);
        CHECK(refused.err.find("is of a trial whose results are gone") != std::string::npos);
        CHECK_FALSE(fs::exists(folder.path() / "run" / "results.sqlite"));
    }
    fs::remove_all(folder.path() / "run" / "weights");
    fs::create_directory(folder.path() / "run" / "weights");
    std::ofstream(folder.path() / "run" / "weights" / "pretrained.safetensors") << "somebody's";
    CHECK(run_driver(folder.path(), sweep).status == 0);
}

TEST_CASE("--save-every is steps or a time, and nothing else") {
    const Folder folder;
    for (const char* wrong : {"0", "often", "99999999999999999999"}) {
        Words words = sweep;
        words.insert(words.end(), {"--save-every", wrong});
        const Output output = run_driver(folder.path(), words);
        CHECK(output.status == 64);
        CHECK(output.err.find("--save-every") != std::string::npos);
        CHECK_FALSE(fs::exists(folder.path() / "run"));
    }
}

TEST_CASE("a time that no clock counts to is refused") {
    const Folder folder;
    Words words = sweep;
    words.insert(words.end(), {"--time-limit", "200000d"});
    const Output output = run_driver(folder.path(), words);
    CHECK(output.status == 64);
    CHECK(output.err.find("--time-limit is 200000d: expected a duration above 0") != std::string::npos);
}

TEST_CASE("resume adds what is asked for besides, and keeps what was asked for") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), {"train", "*-c1-*", "--epochs", "1", "--run", "run"}).status == 0);
    REQUIRE(run_driver(folder.path(), {"train", "*-c2-*", "--epochs", "2", "--resume", "run"}).status == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 3}});
    const auto refused = [&](const Words& more, const std::string& message) {
        Words words{"train", "--resume", "run"};
        words.insert(words.end(), more.begin(), more.end());
        const Output output = run_driver(folder.path(), words);
        CHECK(output.status == 64);
        CHECK(output.err.find(message) != std::string::npos);
    };
    refused({"--exclude", "*-c1-*"}, "goes on with all trials of the run: leave out --exclude");
    refused({"--recipe", "larsson"}, "leave out the flags of the recipe");
}

TEST_CASE("--json is one object a line, and nothing else on the output") {
    const Folder folder;
    Words words = sweep;
    words.emplace_back("--json");
    const Output output = run_driver(folder.path(), words);
    std::map<std::string, int> events;
    std::istringstream lines(output.out);
    for (std::string line; std::getline(lines, line);) {
        ++events[nlohmann::json::parse(line).at("event").get<std::string>()];
    }
    CHECK(events ==
          std::map<std::string, int>{{"epoch", 18}, {"run_end", 1}, {"trial_begin", 6}, {"trial_end", 6}});
    CHECK(output.err.empty());
}

TEST_CASE("eval finds the recorded accuracy in the saved weights") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep).status == 0);
    const Output output =
        run_driver(folder.path(), {"eval", "net/3x32x32-d1-c1-w16-gap10-conv3", "--run", "run", "--json"});
    REQUIRE(output.status == 0);
    const auto rows = nlohmann::json::parse(output.out);
    REQUIRE(rows.size() == 2);
    for (const auto& row : rows) {
        CHECK(row["test_accuracy"] == row["recorded_test_accuracy"]);
    }
    CHECK(run_driver(folder.path(), {"eval", "net/3x32x32-d1-c8-w16-gap10-conv3", "--run", "run"}).status ==
          64);
}

TEST_CASE("eval answers for each column by itself") {
    const Folder folder;
    const std::string name = "net/3x32x32-d1-c2-w16-gap10-conv3";
    REQUIRE(run_driver(folder.path(), {"train", name, "--epochs", "1", "--run", "run"}).status == 0);
    const Output output =
        run_driver(folder.path(), {"eval", "--run", "run", "--column", "0,1", name, "--json"});
    const auto rows = nlohmann::json::parse(output.out);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["column"] == 0);
    CHECK(rows[1]["column"] == 1);
    CHECK(rows[0]["macs"].get<std::int64_t>() > rows[1]["macs"].get<std::int64_t>());
    CHECK(rows[0]["test_accuracy"] != rows[1]["test_accuracy"]);
    CHECK(rows[0]["images_per_second"] == 200);
    const Output refused = run_driver(folder.path(), {"eval", name, "--run", "run", "--column", "2"});
    CHECK(refused.status == 64);
    CHECK(refused.err.find("--column 2: " + name + " has the columns 0, the deepest, to 1") !=
          std::string::npos);
}

TEST_CASE("export prints a module without weights") {
    const Folder folder;
    const std::string name = "net/3x32x32-d1-c2-w16-gap10-conv3";
    const Output text = run_driver(folder.path(), {"export", name, "--to", "pytorch"});
    CHECK(text.status == 0);
    CHECK(text.out.find("layer0=nn.Conv2d(inputs, width, 3, padding=1, bias=False),") != std::string::npos);
    CHECK(text.out.find('@') == std::string::npos);
    CHECK(run_driver(folder.path(), {"export", name, "--to", "safetensors"}).status == 64);
}

TEST_CASE("rank keeps accuracies of different kinds apart") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep).status == 0);
    REQUIRE(run_driver(folder.path(), {"train", "*-c5-*", "--recipe", "published", "--run", "run"}).status ==
            0);
    const auto ranked = nlohmann::json::parse(run_driver(folder.path(), {"rank", "run", "--json"}).out);
    CHECK(ranked["ranked"]["judged_by"] == "validation");
    CHECK(ranked["rows"].size() == 3);
    CHECK(ranked["not_comparable"][0]["judged_by"] == "test");
    const Output test = run_driver(folder.path(), {"rank", "run", "--by", "test"});
    CHECK(test.out.find("these held out no images to choose by") != std::string::npos);
    CHECK(lines_of(test.out) == 8);
    const auto front =
        nlohmann::json::parse(run_driver(folder.path(), {"rank", "run", "--pareto", "--json"}).out);
    double best = -1;
    std::int64_t macs = -1;
    for (const auto& row : front["rows"]) {
        CHECK(row["mean_score"].get<double>() > best);
        CHECK(row["macs"].get<std::int64_t>() > macs);
        best = row["mean_score"];
        macs = row["macs"];
    }
}

TEST_CASE("what cannot be is refused with its exit status, and leaves nothing behind") {
    const Folder folder;
    const auto refused = [&](const Words& words, int status, const std::string& message) {
        const Output output = run_driver(folder.path(), words);
        CAPTURE(output.err);
        CHECK(output.status == status);
        CHECK(output.err.find(message) != std::string::npos);
    };
    refused({"trian"}, 64, "trian is no command (fractal --help lists them); did you mean train?");
    refused({"train"}, 64, "nothing says what to train");
    refused({"train", "*", "--epoch", "3"}, 64, "train has no flag --epoch");
    refused({"train", "*", "--lr", "-1"}, 64, "--lr is -1: expected a number, above 0");
    refused({"train", "*", "--recipe", "larson"}, 64, "did you mean larsson?");
    refused({"train", "*", "--data", "cifar"}, 64, "did you mean cifar10");
    refused({"train", "*", "--data", "cifar10"}, 64, "--data-dir or in $FRACTAL_DATA");
    refused({"train", "*", "--data", "cifar10", "--data-dir", "nowhere"}, 74, "nowhere is no folder");
    refused({"train", "*", "--device", "cuda"}, 64, "this machine has no GPU");
    refused({"train", "*", "--cuda-graphs"}, 64, "--cuda-graphs needs --device cuda, and the device is cpu");
    refused({"train", "*", "--device", "gpu"}, 64, "--device is gpu: expected one of cpu, cuda");
    refused({"train", "*", "--config", "none.toml"}, 74, "--config none.toml");
    refused({"train", "--resume", "nowhere"}, 74, "nowhere is no run");
    refused({"train", "*", "--amp", "fp16"}, 64, "no arithmetic for it");
    refused({"train", "*", "--run", "a", "--resume", "b"}, 64, "--run and --resume were both given");
    refused({"rank", "nowhere"}, 74, "nowhere is no run");
    refused({"show", "net/3x32x32-d1-c1-w16-gap10"}, 64, "did you mean");
    refused({"list", "--sort", "mac"}, 64, "did you mean macs?");
    CHECK_FALSE(fs::exists(folder.path() / "runs"));
    std::ofstream(folder.path() / "c.toml") << "epochz = 3\n";
    refused({"train", "*", "--config", "c.toml"}, 64,
            "epochz is no key of fractal train; did you mean epochs?");
}

TEST_CASE("a configuration file is overridden by flags") {
    const Folder folder;
    std::ofstream(folder.path() / "c.toml") << "epochs = 2\nlr = 0.5\nrecipe = \"published\"\n";
    REQUIRE(
        run_driver(folder.path(), {"train", "*-c1-*", "--config", "c.toml", "--epochs", "1", "--run", "run"})
            .status == 0);
    const store::Trial trial = store::Reader(folder.path() / "run").trials().front();
    CHECK(trial.recipe.epochs == 1);
    CHECK(trial.recipe.lr == 0.5);
    CHECK(trial.recipe_label.starts_with("published"));
}
