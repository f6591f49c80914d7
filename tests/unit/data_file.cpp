// Data files: what is read of them, what identifies them, and what is refused with which words.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "data/data_file.hpp"
#include "data_support.hpp"

namespace fractal::data::test {
namespace {

using Json = nlohmann::ordered_json;

/// A file in the making: tensors in their order, and metadata.
struct Draft {
    struct Tensor {
        std::string name, type;
        Json shape;
        std::vector<std::uint8_t> bytes;
    };
    std::vector<Tensor> tensors;
    Json metadata = Json::object();

    Tensor& at(std::string_view name) { return *std::ranges::find(tensors, name, &Tensor::name); }
    std::vector<std::uint8_t> bytes() const {
        Json header = Json::object();
        std::size_t offset = 0;
        for (const Tensor& tensor : tensors) {
            header[tensor.name] = {{"dtype", tensor.type},
                                   {"shape", tensor.shape},
                                   {"data_offsets", {offset, offset + tensor.bytes.size()}}};
            offset += tensor.bytes.size();
        }
        if (!metadata.empty()) header["__metadata__"] = metadata;
        return framed(header.dump(), [&](std::vector<std::uint8_t>& file) {
            for (const Tensor& tensor : tensors)
                file.insert(file.end(), tensor.bytes.begin(), tensor.bytes.end());
        });
    }
    template <class Append>
    static std::vector<std::uint8_t> framed(const std::string& header, Append append) {
        const std::uint64_t length = header.size();
        std::vector<std::uint8_t> file(8);
        std::memcpy(file.data(), &length, 8);
        file.insert(file.end(), header.begin(), header.end());
        append(file);
        return file;
    }
};

template <class T>
std::vector<std::uint8_t> raw(const std::vector<T>& numbers) {
    std::vector<std::uint8_t> bytes(numbers.size() * sizeof(T));
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return bytes;
}

/// Six images of 2 x 1 x 2 of three classes: three to train on, one held out, two to test on, in no order.
Draft sound() {
    Draft draft;
    std::vector<std::uint8_t> pixels;
    for (std::uint8_t byte = 0; byte < 24; ++byte) pixels.push_back(static_cast<std::uint8_t>(10 * byte));
    draft.tensors = {{"labels", "I64", {6}, raw<std::int64_t>({2, 0, 1, 2, 0, 1})},
                     {"images", "U8", {6, 2, 1, 2}, pixels},
                     {"split", "U8", {6}, {2, 0, 0, 0, 1, 2}}};
    return draft;
}

ImageSet read(const Draft& draft, const char* name = "own.safetensors") {
    const TemporaryFolder folder;
    folder.write(name, draft.bytes());
    return read_data_file(folder.path() / name);
}

std::string refusal(const Draft& draft) {
    return message_of<DataError>([&] { (void)read(draft); });
}

TEST_CASE("data file: images go where their codes say, in the file's order") {
    const ImageSet set = read(sound());
    CHECK(set.classes == std::vector<std::string>{"0", "1", "2"});
    CHECK(set.train.labels == std::vector{0, 1, 2, 0});
    CHECK(set.test.labels == std::vector{2, 1});
    CHECK(set.train.channels == 2);
    CHECK(set.train.height == 1);
    CHECK(set.train.width == 2);
    CHECK(set.test.pixels == std::vector<std::uint8_t>{0, 10, 20, 30, 200, 210, 220, 230});
    CHECK(set.train.pixels.front() == 40);
    CHECK(set.train.pixels.back() == 190);
    REQUIRE(set.split.has_value());
    CHECK(set.split->train == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(set.split->validation == std::vector<std::uint32_t>{3});
    // Of the three images to train on alone: 40 50, 80 90 and 120 130 in the first channel.
    CHECK(set.normalisation.mean[0] == doctest::Approx(85.0 / 255));
    CHECK(set.normalisation.mean[1] == doctest::Approx(105.0 / 255));
    CHECK(set.normalisation.deviation[0] == doctest::Approx(33.04038 / 255));
}

TEST_CASE("data file: without images for validation there is no split of its own") {
    Draft draft = sound();
    draft.at("split").bytes[4] = 0;
    const ImageSet set = read(draft);
    CHECK_FALSE(set.split.has_value());
    CHECK(set.train.count() == 4);
}

TEST_CASE("data file: its name ends in its hash, so that a changed file is another data set") {
    const ImageSet set = read(sound());
    CHECK(set.contents.size() == 64);
    CHECK(set.name == "own@" + set.contents.substr(0, 12));
    CHECK(read(sound()).name == set.name);
    Draft changed = sound();
    changed.at("images").bytes[5] ^= 1;
    CHECK(read(changed).name != set.name);
    CHECK(read(sound(), "my own.safetensors").name.starts_with("my-own@"));
    Draft named = sound();
    named.metadata = {{"name", "pets"}, {"author", "me"}};
    Draft otherwise = sound();
    otherwise.metadata = {{"author", "me"}, {"name", "pets"}};
    CHECK(read(named).name == read(otherwise).name);
    CHECK(read(named).contents != read(sound()).contents);
    CHECK(read(named, "x.safetensors").name.starts_with("pets@"));
    CHECK(read(named, "x.safetensors").name == read(named, "y.safetensors").name);
}

TEST_CASE("data file: labels and codes of any integer type") {
    const auto labels = [](const char* type, std::vector<std::uint8_t> bytes) {
        Draft draft = sound();
        draft.at("labels") = {"labels", type, {6}, std::move(bytes)};
        return read(draft).train.labels;
    };
    const std::vector<std::int32_t> expected{0, 1, 2, 0};
    CHECK(labels("U8", raw<std::uint8_t>({2, 0, 1, 2, 0, 1})) == expected);
    CHECK(labels("I8", raw<std::int8_t>({2, 0, 1, 2, 0, 1})) == expected);
    CHECK(labels("U16", raw<std::uint16_t>({2, 0, 1, 2, 0, 1})) == expected);
    CHECK(labels("I16", raw<std::int16_t>({2, 0, 1, 2, 0, 1})) == expected);
    CHECK(labels("U32", raw<std::uint32_t>({2, 0, 1, 2, 0, 1})) == expected);
    CHECK(labels("I32", raw<std::int32_t>({2, 0, 1, 2, 0, 1})) == expected);
    CHECK(labels("U64", raw<std::uint64_t>({2, 0, 1, 2, 0, 1})) == expected);
}

TEST_CASE("data file: names of classes and normalisation from the metadata") {
    Draft draft = sound();
    draft.metadata = {
        {"classes", R"(["cat", "dog", "bird", "yak"])"}, {"mean", "[0.5, 0.25]"}, {"std", "[1, 0.125]"}};
    const ImageSet set = read(draft);
    CHECK(set.classes == std::vector<std::string>{"cat", "dog", "bird", "yak"});
    CHECK(set.normalisation.mean == std::vector{.5, .25});
    CHECK(set.normalisation.deviation == std::vector{1.0, .125});

    const auto with = [](Json metadata) {
        Draft hostile = sound();
        hostile.metadata = std::move(metadata);
        return refusal(hostile);
    };
    CHECK(contains(with({{"classes", "cat, dog"}}), "metadata 'classes' that is no JSON list"));
    CHECK(contains(with({{"classes", R"(["cat", 3])"}}), "metadata 'classes' with 3"));
    CHECK(contains(with({{"classes", R"(["cat", "dog"])"}}), "label 2 at image 0; expected 0 to 1"));
    CHECK(contains(with({{"classes", "[]"}}), "has 0 classes"));
    CHECK(contains(with({{"mean", "[0.5, 0.5]"}}), "metadata 'mean' alone"));
    CHECK(contains(with({{"mean", "[0.5]"}, {"std", "[1, 1]"}}), "1 numbers in metadata 'mean'; expected 2"));
    CHECK(contains(with({{"mean", "[0.5, 0.5]"}, {"std", "[1, 0]"}}), "metadata 'std' with 0"));
    CHECK(contains(with({{"mean", "[0.5, 1e400]"}, {"std", "[1, 1]"}}), "metadata 'mean'"));
    CHECK(contains(with({{"mean", R"(["a", 1])"}, {"std", "[1, 1]"}}), "metadata 'mean' with \"a\""));
}

TEST_CASE("data file: types and shapes that do not fit") {
    Draft draft = sound();
    SUBCASE("no such tensor, and a near one") {
        draft.at("labels").name = "label";
        CHECK(contains(refusal(draft),
                       "has no tensor 'labels'; did you mean label?; expected images, labels and split"));
    }
    SUBCASE("floats for pixels") {
        draft.at("images") = {"images", "F32", {6, 1, 1, 1}, std::vector<std::uint8_t>(24)};
        CHECK(contains(refusal(draft), "images of type F32, shape [6, 1, 1, 1]; expected U8 [N, C, H, W]"));
    }
    SUBCASE("three dimensions") {
        draft.at("images").shape = {6, 2, 2};
        CHECK(contains(refusal(draft), "shape [6, 2, 2]; expected U8 [N, C, H, W]"));
    }
    SUBCASE("no image") {
        draft.at("images") = {"images", "U8", {0, 3, 32, 32}, {}};
        CHECK(contains(refusal(draft), "shape [0, 3, 32, 32]"));
    }
    SUBCASE("fewer labels than images") {
        draft.at("labels") = {"labels", "U8", {5}, {2, 0, 1, 2, 0}};
        CHECK(contains(refusal(draft),
                       "labels of type U8, shape [5]; expected integers, one for each of the 6 images"));
    }
    SUBCASE("labels with two dimensions") {
        draft.at("labels").shape = {6, 1};
        CHECK(contains(refusal(draft), "labels of type I64, shape [6, 1]"));
    }
    SUBCASE("floats for codes") {
        draft.at("split") = {"split", "F32", {6}, std::vector<std::uint8_t>(24)};
        CHECK(contains(refusal(draft), "split of type F32"));
    }
    SUBCASE("very wide images of no bytes in all") {
        draft.at("images") = {"images", "U8", {1, 1, 1, 70'000}, std::vector<std::uint8_t>(70'000)};
        CHECK(contains(refusal(draft), "images of 1 x 1 x 70000; expected at most 65536"));
    }
}

TEST_CASE("data file: labels and codes out of range") {
    Draft draft = sound();
    const auto labels = [&](std::vector<std::int64_t> numbers) {
        draft.at("labels").bytes = raw(numbers);
        return refusal(draft);
    };
    CHECK(contains(labels({2, 0, -1, 2, 0, 1}), "label -1 at image 2; expected 0 to 2"));
    CHECK(contains(labels({2, 0, 1, 2, 0, 4'000'000'000}),
                   "4000000001 classes by its highest label; expected 1 to 65536"));
    CHECK(contains(labels({2, 0, 1, 2, 0, std::numeric_limits<std::int64_t>::max()}), "expected 1 to 65536"));
    CHECK(contains(labels({3, 1, 2, 3, 1, 2}), "no image of class 0 to train on, of 4 classes"));
    draft = sound();
    draft.at("labels") = {"labels", "U64", {6}, raw<std::uint64_t>({2, 0, 1, 2, 0, ~std::uint64_t{0}})};
    CHECK(contains(refusal(draft), "expected 1 to 65536"));
    draft = sound();
    draft.at("split").bytes[3] = 3;
    CHECK(contains(refusal(draft),
                   "split code 3 at image 3; expected 0 (training), 1 (validation) or 2 (test)"));
    draft.at("split").bytes = {0, 0, 0, 0, 1, 1};
    CHECK(contains(refusal(draft), "no image to test on: no 2 in split"));
    draft.at("split").bytes = {2, 2, 2, 1, 1, 1};
    CHECK(contains(refusal(draft), "no image to train on: no 0 in split"));
}

TEST_CASE("data file: sizes in the header are not trusted") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "own.safetensors";
    const auto refused = [&](std::span<const std::uint8_t> bytes) {
        folder.write("own.safetensors", bytes);
        return message_of<DataError>([&] { (void)read_data_file(file); });
    };
    const std::vector<std::uint8_t> whole = sound().bytes();
    CHECK(contains(refused({}), "is no safetensors file"));
    CHECK(contains(refused(std::span(whole).first(7)), "is no safetensors file"));
    CHECK(contains(refused(std::span(whole).first(100)), "its header does not fit in it"));
    CHECK(contains(refused(std::span(whole).first(whole.size() - 1)), "bytes within"));
    std::vector<std::uint8_t> longer = whole;
    longer.push_back(0);
    CHECK(contains(refused(longer), "1 bytes after its last tensor"));
    const auto framed = [&](const std::string& header) {
        return refused(Draft::framed(header, [](auto& bytes) { bytes.resize(bytes.size() + 16); }));
    };
    CHECK(contains(
        framed(R"({"images":{"dtype":"U8","shape":[4611686018427387904,4,1,1],"data_offsets":[0,16]}})"),
        "is larger than the file"));
    CHECK(contains(
        framed(R"({"images":{"dtype":"U8","shape":[16,1,1,1],"data_offsets":[0,18446744073709551615]}})"),
        "has offsets"));
    CHECK(contains(framed(R"({"images":{"dtype":"U8","shape":[-16,-1,1,1],"data_offsets":[0,16]}})"),
                   "negative extent"));
    CHECK(contains(framed(R"({"images":{"dtype":"U9","shape":[16,1,1,1],"data_offsets":[0,16]}})"),
                   "unknown type 'U9'"));
    CHECK(contains(framed("[]"), "not a JSON object"));
    CHECK(contains(refused(std::vector<std::uint8_t>(8, 0xFF)), "does not fit"));
}

TEST_CASE("data file: what is not there, or no file") {
    const TemporaryFolder folder;
    CHECK(contains(message_of<IoError>([&] { (void)read_data_file(folder.path() / "none.safetensors"); }),
                   "none"));
    CHECK(contains(message_of<IoError>([&] { (void)read_data_file(folder.path()); }), "a file?"));
}

TEST_CASE("data file: larger than memory, though its sizes agree") {
    const TemporaryFolder folder;
    constexpr std::uint64_t images = std::uint64_t{1} << 20U;
    constexpr std::uint64_t bytes = images << 22U; // 4 TiB, none of them on disk
    const Json header{
        {"images", {{"dtype", "U8"}, {"shape", {images, 4, 1024, 1024}}, {"data_offsets", {0, bytes}}}}};
    const std::vector<std::uint8_t> start = Draft::framed(header.dump(), [](auto&) {});
    folder.write("large.safetensors", start);
    std::error_code unsupported;
    std::filesystem::resize_file(folder.path() / "large.safetensors", start.size() + bytes, unsupported);
    if (unsupported) return; // a file system that has no such files is safe from them
    CHECK(contains(message_of<DataError>([&] { (void)read_data_file(folder.path() / "large.safetensors"); }),
                   "more than the"));
}

} // namespace
} // namespace fractal::data::test
