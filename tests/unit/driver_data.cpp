// Data files in runs of the driver: what is recorded of them, and when a run does not go on.
#include "check.hpp"

#include "store/reader.hpp"
#include "unit/driver_fixture.hpp"

using namespace fractal;
using namespace fractal::driver::testing;

namespace {

/// A data file as fake_trainer.cpp takes it.
void write_data(const fs::path& file, int side, int classes, int held_out) {
    std::ofstream(file) << side << ' ' << classes << ' ' << held_out << '\n';
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::vector<std::string> training(const std::string& data, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"train", "*-d1-c2-*", "--epochs", "2", "--data", data, "--run", "run"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

std::vector<store::Trial> trials_of(const Folder& folder) {
    return store::Reader(folder.path() / "run").trials();
}

} // namespace

TEST_CASE("a trial on a data file records which, where, how it is normalised, and the costs of its classes") {
    const Folder folder;
    write_data(folder.path() / "pets.safetensors", 32, 4, 50);
    const Output output = run_driver(folder.path(), training("pets.safetensors"));
    REQUIRE(output.status == 0);
    const auto trials = trials_of(folder);
    REQUIRE(trials.size() == 1);
    const store::Trial& trial = trials.front();
    CHECK(trial.conditions.data == "pets@320450");
    CHECK(fs::path(trial.conditions.data_file) == fs::canonical(folder.path()) / "pets.safetensors");
    CHECK(trial.conditions.train_images == 500);
    CHECK(trial.conditions.validation_images == 50);
    CHECK(trial.recipe.validation_images == 50);
    CHECK(trial.conditions.pixel_mean == "0.25 0.5 0.75");
    CHECK(trial.conditions.pixel_std == "0.125 0.25 1");
    const Variant& variant = *small_registry().find(trial.subject.variant);
    CHECK(trial.subject.parameters == variant.cost.parameters - 6 * 17);
    CHECK(trial.subject.macs == variant.cost.macs - 6 * 16);

    // The same again, by another path to it, is the same trial.
    CHECK(contains(run_driver(folder.path(), training("./pets.safetensors")).err, "0 of 1 trials"));
    const Output refused =
        run_driver(folder.path(), training("pets.safetensors", {"--validation-images", "7"}));
    CHECK(refused.status == 64);
    CHECK(contains(refused.err,
                   "--validation-images 7: pets@320450 has a validation split of its own, of 50 images"));
}

TEST_CASE("further seeds of a search are judged by the images that a file holds out") {
    const Folder folder;
    write_data(folder.path() / "pets.safetensors", 32, 4, 50);
    write_data(folder.path() / "bare.safetensors", 32, 4, 0);
    const auto search = [&](const std::string& data) {
        return run_driver(folder.path(), {"search", "*-d1-c2-*", "--data", data, "--recipe", "published",
                                          "--epochs", "2", "--seeds", "2", "--run", data + ".run"});
    };
    CHECK(search("pets.safetensors").status == 0);
    const Output refused = search("bare.safetensors");
    CHECK(refused.status == 64);
    CHECK(contains(refused.err, "--seeds is 2, and no images are held out"));
}

TEST_CASE(
    "a changed data file is another data set; its trials neither go on with it nor are evaluated on it") {
    const Folder folder;
    const fs::path file = folder.path() / "pets.safetensors";
    write_data(file, 32, 4, 0);
    REQUIRE(run_driver(folder.path(), training("pets.safetensors", {"--time-limit", "0.000001s"})).status ==
            0);
    write_data(file, 32, 5, 0);
    const Output changed = run_driver(folder.path(), {"train", "--resume", "run"});
    CHECK(changed.status == 65);
    CHECK(contains(changed.err, "asked for on pets@320400, but " + trials_of(folder)[0].conditions.data_file +
                                    " now holds pets@320500"));
    REQUIRE(run_driver(folder.path(), training("pets.safetensors")).status == 0);
    CHECK(trials_of(folder).size() == 2);

    // Moved, it is found by its new name, and not without.
    write_data(file, 32, 4, 0);
    fs::rename(file, folder.path() / "moved.safetensors");
    const Output missing = run_driver(folder.path(), {"train", "--resume", "run"});
    CHECK(missing.status == 74);
    CHECK(contains(missing.err, "name its place (--data FILE)"));
    fs::rename(folder.path() / "moved.safetensors", file);
    CHECK(run_driver(folder.path(), {"train", "--resume", "run"}).status == 0);
    for (const store::Trial& trial : trials_of(folder)) {
        CHECK(trial.outcome.disposition == store::Disposition::finished);
    }
}

TEST_CASE("images that a variant does not take are refused with both shapes, and leave no folder") {
    const Folder folder;
    write_data(folder.path() / "small.safetensors", 28, 4, 0);
    const Output refused = run_driver(folder.path(), training("small.safetensors"));
    CHECK(refused.status == 64);
    CHECK(contains(refused.err, "net/3x32x32-d1-c2-w16-gap10-conv3 takes images of 3x32x32"));
    CHECK(contains(refused.err, "those of small@280400 are 3x28x28"));
    CHECK(contains(refused.err, "INPUT 3x28x28"));
    CHECK_FALSE(fs::exists(folder.path() / "run"));
}

TEST_CASE("data that are no data set, no file, or in the wrong place") {
    const Folder folder;
    const auto refused = [&](const std::vector<std::string>& words, int status) {
        const Output output = run_driver(folder.path(), words);
        CHECK(output.status == status);
        return output.err;
    };
    CHECK(contains(refused(training("pets.npz"), 64), "a file of your own that ends in .safetensors"));
    CHECK(contains(refused(training("none.safetensors"), 74), "none.safetensors is no file"));
    CHECK(contains(refused(training("cifar10"), 64), "fractal data fetch cifar10"));
    CHECK(contains(refused(training("cifar100-coarse"), 64), "fractal data fetch cifar100"));
    write_data(folder.path() / "pets.safetensors", 32, 4, 0);
    CHECK(contains(refused(training("pets.safetensors", {"--data-dir", "."}), 64), "leave out --data-dir"));
    REQUIRE(run_driver(folder.path(), training("pets.safetensors")).status == 0);
    CHECK(contains(refused({"train", "--resume", "run", "--data", "cifar10"}, 64), "leave it out, or name"));
    CHECK(contains(refused({"data"}, 64), "Usage: fractal data"));
    CHECK(contains(refused({"data", "fetsh"}, 64), "did you mean fetch"));
    CHECK(contains(refused({"data", "fetch", "cifar1O"}, 64), "did you mean cifar10"));
    CHECK(contains(refused({"data", "fetch", "cifar10", "--url", "ftp://x"}, 64), "http:// or https://"));
    CHECK(contains(refused({"data", "fetch", "cifar10", "--sha256", "abc"}, 64), "expected 64 digits"));
    CHECK(contains(refused({"data", "show", "none.safetensors"}, 74), "is no file"));
}

TEST_CASE("a folder that lacks the data is not remembered") {
    const Folder folder;
    fs::create_directory(folder.path() / "good");
    std::ofstream(folder.path() / "good" / "data_batch_1.bin") << "x";
    const std::vector<std::string> cut{"--data-dir", "good", "--trial-time-limit", "0.01s"};
    REQUIRE(run_driver(folder.path(), training("cifar10", cut)).status == 0);
    const fs::path settings = folder.path() / "run" / "settings.json";
    const std::string before = text_of(settings);
    for (const char* const wrong : {"nowhere", "run"}) {
        CHECK(run_driver(folder.path(), {"train", "--resume", "run", "--data-dir", wrong}).status == 74);
        CHECK(text_of(settings) == before);
    }
    // Another data set's folder is held against the trials on it that go on, and against no others.
    fs::create_directory(folder.path() / "fine");
    REQUIRE(run_driver(folder.path(), training("cifar100", {"--data-dir", "fine", "--plan-only"})).status ==
            0);
    CHECK(run_driver(folder.path(), {"train", "--resume", "run", "--data-dir", "fine"}).status == 0);
    REQUIRE(run_driver(folder.path(), {"train", "--resume", "run", "--data-dir", "good", "--retry-failed"})
                .status == 0);
    CHECK(run_driver(folder.path(), {"train", "--resume", "run", "--data-dir", "good"}).status == 0);
    REQUIRE(run_driver(folder.path(), {"train", "*-d1-c2-*", "--epochs", "1", "--run", "shapes"}).status ==
            0);
    const Output none = run_driver(folder.path(), {"train", "--resume", "shapes", "--data-dir", "good"});
    CHECK(none.status == 64);
    CHECK(contains(none.err, "--data-dir good: no trial of shapes reads a folder of data"));
}

TEST_CASE("the folder that fetch unpacks into is found without a word") {
    const Folder folder;
    fs::create_directory(folder.path() / "data");
    std::ofstream(folder.path() / "data" / "data_batch_1.bin") << "x";
    CHECK(run_driver(folder.path(), training("cifar10")).status == 0);
    CHECK(trials_of(folder).front().conditions.data == "cifar10");
    CHECK(trials_of(folder).front().conditions.data_file.empty());
}
