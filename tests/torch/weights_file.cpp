// Weights on disk: what is written is read, and what is damaged or foreign is refused.
#include <filesystem>
#include <fstream>

#include <torch/torch.h>

#include "base/error.hpp"
#include "torch_check.hpp"
#include "weights/module_weights.hpp"

using namespace fractal;

namespace {

using Net =
    Network<Input<3, 8, 8>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm>, Width<4>, Head<Flatten, 10>>;
using Wider =
    Network<Input<3, 8, 8>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm>, Width<8>, Head<Flatten, 10>>;

/// A folder that goes with the test.
struct Folder {
    Folder()
        : path(std::filesystem::temp_directory_path() / ("fractal-weights-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

} // namespace

TEST_CASE("a module's weights survive the file") {
    const Folder folder;
    const auto file = folder.path / "net.safetensors";
    FractalNet net(variant_of<Net>, ModuleOptions{.seed = 1});
    net->forward(torch::randn({4, 3, 8, 8}));
    write_tensors(file, weights_of(*net));

    FractalNet other(variant_of<Net>, ModuleOptions{.seed = 2});
    load_weights(*other, read_tensors(file), file);
    net->eval();
    other->eval();
    const torch::Tensor images = torch::randn({2, 3, 8, 8});
    CHECK(net->forward(images).equal(other->forward(images)));
    CHECK(read_tensors(file).metadata.at("fractal.network") == name_of<Net>);
}

TEST_CASE("weights of another network are refused by the first tensor that differs") {
    FractalNet net(variant_of<Net>);
    FractalNet wider(variant_of<Wider>);
    CHECK_THROWS_WITH_AS(load_weights(*wider, weights_of(*net), "net.safetensors"),
                         doctest::Contains("'unit0.step1.column0.layer0.weight' has shape [4, 3, 3, 3]"),
                         DataError);
    TensorFile more = weights_of(*net);
    more.tensors.emplace_back("stray", torch::zeros({1}));
    CHECK_THROWS_WITH_AS(load_weights(*net, more, "net.safetensors"), doctest::Contains("'stray'"),
                         DataError);
}

TEST_CASE("every kind of tensor comes back as it was") {
    const Folder folder;
    const auto file = folder.path / "tensors";
    TensorFile content;
    for (const auto type : {torch::kFloat16, torch::kBFloat16, torch::kFloat32, torch::kFloat64,
                            torch::kInt64, torch::kUInt8}) {
        content.tensors.emplace_back(c10::toString(type), torch::arange(6).reshape({2, 3}).to(type));
    }
    content.tensors.emplace_back("scalar", torch::tensor(2.5));
    content.tensors.emplace_back("empty", torch::zeros({0, 3}));
    write_tensors(file, content);
    const TensorFile read = read_tensors(file);
    REQUIRE(read.tensors.size() == content.tensors.size());
    for (const auto& [name, tensor] : content.tensors) {
        CAPTURE(name);
        REQUIRE(read.find(name) != nullptr);
        CHECK(read.find(name)->equal(tensor));
    }
}

TEST_CASE("a damaged file is refused, wherever the damage is") {
    const Folder folder;
    const auto file = folder.path / "net.safetensors";
    FractalNet net(variant_of<Net>);
    write_tensors(file, weights_of(*net));
    const std::string whole = bytes_of(file);
    for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{40}, whole.size() - 1}) {
        CAPTURE(length);
        write_bytes(file, whole.substr(0, length));
        CHECK_THROWS_AS(read_tensors(file), DataError);
    }
    std::string flipped = whole;
    flipped[whole.size() - 5] = static_cast<char>(flipped[whole.size() - 5] ^ 1);
    write_bytes(file, flipped);
    CHECK_THROWS_WITH_AS(read_tensors(file), doctest::Contains("checksum"), DataError);
    CHECK_THROWS_AS(read_tensors(folder.path / "absent"), IoError);
}
