// Weights that leave and come in by the driver: which are taken, what is refused, and what stays as it was.
#include "check.hpp"

#include <fractal/driver/pytorch_layer.hpp>

#include "base/error.hpp"
#include "driver/onnx_model.hpp"
#include "exports/pytorch_text.hpp"
#include "store/reader.hpp"
#include "unit/blank_weights.hpp"
#include "unit/driver_fixture.hpp"

using namespace fractal;
using namespace fractal::driver::testing;
using fractal::testing::write_blank_weights;

namespace {

using Words = std::vector<std::string>;

/// A layer that no other program knows.
struct Gain {
    static constexpr std::string_view name = "gain";
    static constexpr std::string_view type = "mine::Gain";
    static constexpr WeightList weights(Shape in, Shape) {
        return {{WeightSpec{"gain", {in.channels}, Fill::ones}}, 1};
    }
};
struct Gate {
    static constexpr std::string_view name = "gate";
    static constexpr std::string_view type = "mine::Gate";
};
using WithGain = Small<1, 2, Layers<Gain, Conv<3>, Gain>>;

const std::string one = "net/3x32x32-d1-c1-w16-gap10-conv3";
const std::string two = "net/3x32x32-d1-c2-w16-gap10-conv3";

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

void refused(const Folder& folder, const Words& words, int status, const std::string& message) {
    const Output output = run_driver(folder.path(), words);
    CAPTURE(output.err);
    CHECK(output.status == status);
    CHECK(output.err.find(message) != std::string::npos);
}

/// The trials of `variant` in folder `run`, by their numbers.
std::map<std::int64_t, store::Trial> trials_of(const Folder& folder, const std::string& variant) {
    std::map<std::int64_t, store::Trial> trials;
    for (const store::Trial& trial : store::Reader(folder.path() / "run").trials()) {
        if (trial.subject.variant == variant) trials.emplace(trial.id, trial);
    }
    return trials;
}

} // namespace

TEST_CASE("every format takes the weights of the best trial, of the one asked for, or of a file") {
    const Folder folder;
    REQUIRE(
        run_driver(folder.path(), {"train", two, "--epochs", "2", "--seeds", "3", "--run", "run"}).status ==
        0);
    std::int64_t best = 0;
    const auto trials = trials_of(folder, two);
    for (const auto& [id, trial] : trials) {
        if (best == 0 ||
            trial.outcome.last_validation_accuracy > trials.at(best).outcome.last_validation_accuracy) {
            best = id;
        }
    }
    const auto weights = [&](std::int64_t trial) {
        return folder.path() / "run" / "weights" / (std::to_string(trial) + ".safetensors");
    };
    const Words exported{"export", two, "--out", "net", "--to"};
    REQUIRE(run_driver(folder.path(), with(exported, {"safetensors", "--run", "run"})).status == 0);
    CHECK(text_of(folder.path() / "net") == text_of(weights(best)));
    const std::int64_t other = best == 1 ? 2 : 1;
    const Words chosen{"safetensors", "--run", "run", "--trial", std::to_string(other)};
    REQUIRE(run_driver(folder.path(), with(exported, chosen)).status == 0);
    CHECK(text_of(folder.path() / "net") == text_of(weights(other)));
    for (const std::string form : {"pytorch", "onnx", "torchscript"}) {
        fs::remove(folder.path() / "net");
        const Output output =
            run_driver(folder.path(), with(exported, {form, "--weights", weights(1).string()}));
        CHECK(output.status == 0);
        CHECK(output.err.starts_with("wrote net\n"));
        CHECK(fs::file_size(folder.path() / "net") > 0);
    }
    CHECK(text_of(folder.path() / "net.safetensors") == text_of(weights(1))); // beside the module
}

TEST_CASE("export refuses to choose between trials that cannot be compared") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), {"train", two, "--epochs", "1", "--run", "run"}).status == 0);
    REQUIRE(run_driver(folder.path(), {"train", two, "--recipe", "published", "--run", "run"}).status == 0);
    const Words exported{"export", two, "--to", "safetensors", "--run", "run", "--out", "net"};
    const Output output = run_driver(folder.path(), exported);
    CHECK(output.status == 64);
    CHECK(output.err.find("say which by --trial. The best of each kind: trial ") != std::string::npos);
    CHECK(output.err.find("% on shapes (validation)") != std::string::npos);
    CHECK(output.err.find("% on shapes (test)") != std::string::npos);
    CHECK_FALSE(fs::exists(folder.path() / "net"));
    for (const auto& [id, trial] : trials_of(folder, two)) {
        CHECK(run_driver(folder.path(), with(exported, {"--trial", std::to_string(id)})).status == 0);
    }
    refused(folder, with(exported, {"--trial", "99"}), 64,
            "--trial 99: run has weights of " + two + " from trials 1, 2");
}

TEST_CASE("export refuses what cannot be by a line, and leaves the file that is there") {
    const Folder folder;
    write_blank_weights(folder.path() / "w", spec_of<Small<1, 2, Bare>>);
    write_blank_weights(folder.path() / "foreign", spec_of<Small<1, 2, Bare>>, {}, "X32");
    std::ofstream(folder.path() / "net") << "mine";
    const auto exported = [&](const Words& more) { return with({"export", two, "--out", "net"}, more); };
    refused(folder, exported({"--to", "onyx"}), 64, "--to onyx: expected one of pytorch, safetensors, onnx");
    refused(folder, exported({"--to", "onnx"}), 64, "give those of a run (--run RUN) or of a file");
    refused(folder, exported({"--to", "onnx", "--weights", "w", "--run", "run"}), 64, "both given");
    refused(folder, exported({"--to", "onnx", "--weights", "w", "--trial", "1"}), 64, "--run RUN");
    refused(folder, exported({"--to", "onnx", "--weights", "absent"}), 74, "cannot read 'absent'");
    refused(folder, {"export", two, "--to", "onnx", "--weights", "w"}, 64, "name it (--out FILE)");
    refused(folder, exported({"--to", "onnx", "--weights", "foreign"}), 65, "unknown type 'X32'");
    const std::string misfit =
        "'w' does not fit " + one + ": tensor 'unit0.step2.column0.layer0.weight' does not belong to it";
    for (const std::string form : {"pytorch", "safetensors", "onnx", "torchscript"}) {
        refused(folder, {"export", one, "--to", form, "--weights", "w", "--out", "net"}, 65, misfit);
    }
    CHECK(text_of(folder.path() / "net") == "mine");
    const Words onto_weights{"export", two, "--to", "pytorch", "--weights", "w", "--out", "w.safetensors"};
    refused(folder, onto_weights, 64, "expected a name that ends in .py");
    CHECK_FALSE(fs::exists(folder.path() / "w.safetensors"));
}

TEST_CASE("eval takes a file of weights, on the data that is named") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), {"train", two, "--epochs", "1", "--run", "run"}).status == 0);
    const auto rows = [&](const Words& more) {
        const Output output = run_driver(folder.path(), with({"eval", two, "--json"}, more));
        CAPTURE(output.err);
        REQUIRE(output.status == 0);
        return nlohmann::json::parse(output.out);
    };
    const auto of_run = rows({"--run", "run"});
    const auto of_file = rows({"--weights", "run/weights/1.safetensors"});
    CHECK(of_file[0]["test_accuracy"] == of_run[0]["test_accuracy"]);
    CHECK(of_file[0]["trial"].is_null());
    CHECK(of_file[0]["data"] == "shapes");
    refused(folder, {"eval", two}, 64, "--run RUN) or of a file (--weights FILE)");
    refused(folder, {"eval", two, "--run", "run", "--weights", "w"}, 64, "or of a file");
    refused(folder, {"eval", two, "--run", "run", "--data", "shapes"}, 64, "--data goes with --weights");
    refused(folder, {"eval", one, "--weights", "run/weights/1.safetensors"}, 65,
            "tensor 'unit0.step2.column0.layer0.weight' does not belong to it; it holds weights of " + two);
}

TEST_CASE("a layer of the user's own is refused by name, or goes along with its source") {
    const Folder folder;
    const NetworkSpec& net = spec_of<WithGain>;
    const fs::path file = folder.path() / "w";
    write_blank_weights(file, net);
    CHECK_THROWS_WITH_AS(driver::write_onnx(folder.path() / "net", net, "mine", open_tensors(file)),
                         doctest::Contains("layer 'gain' (mine::Gain) has no form in ONNX"), UsageError);
    CHECK_FALSE(fs::exists(folder.path() / "net"));
    CHECK_THROWS_WITH_AS(pytorch_text(net, "mine"),
                         doctest::Contains("layer 'gain' (mine::Gain) has no form in PyTorch"), UsageError);

    const PyTorchLayer registered(layer_spec<Gain>, "Gain({channels})",
                                  "\nclass Gain(nn.Module):\n    pass\n");
    const std::string text = pytorch_text(net, "mine");
    CHECK(text.find("\n\n\nclass Gain(nn.Module):\n    pass\n\n\ndef firing(") != std::string::npos);
    CHECK(text.find("class Gain") == text.rfind("class Gain"));
    CHECK(text.find("layer0=Gain(inputs),\n") != std::string::npos);
    CHECK(text.find("layer2=Gain(width),\n") != std::string::npos);
    CHECK_THROWS_AS(PyTorchLayer(layer_spec<Gain>, "Gain()", ""), std::logic_error);
    for (const char* const source :
         {"\nclass BatchNorm(nn.Module):\n    pass\n", "def  load(x):\n    return x\n"}) {
        CHECK_THROWS_WITH_AS(PyTorchLayer(layer_spec<Gate>, "Gate()", source),
                             doctest::Contains("as the module that it goes into does"), std::logic_error);
    }
    CHECK(PyTorchLayer::find("gate") == nullptr);
    const PyTorchLayer fine(layer_spec<Gate>, "Gate()", "class Gate:\n    def load(self): pass\n");
}
