// A data file: measured by its header, digested, and read part by part within bounds.
#include "data/data_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/machine_memory.hpp"
#include "base/near_misses.hpp"
#include "base/quantities.hpp"
#include "data/sha256.hpp"
#include "weights/stored_tensors.hpp"

namespace fractal::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t hash_digits = 12;
constexpr std::int64_t max_images = std::numeric_limits<std::uint32_t>::max();
/// What a column of results and a shell take as it is.
std::string plain_name(std::string_view text) {
    constexpr std::size_t longest = 64;
    static constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    std::string name(text.substr(0, longest));
    std::ranges::replace_if(
        name, [](char c) { return plain.find(c) == std::string_view::npos; }, '-');
    return name.empty() ? "data" : name;
}

/// The integers of `bytes`, which are of `type`; what int64 cannot hold is its highest. Nothing where the
/// type is none of integers.
std::optional<std::vector<std::int64_t>> widened(TensorType type, std::span<const char> bytes) {
    const auto as = [bytes]<class T>(T number) {
        std::vector<std::int64_t> numbers;
        numbers.reserve(bytes.size() / sizeof number);
        for (std::size_t at = 0; at < bytes.size(); at += sizeof number) {
            std::memcpy(&number, &bytes[at], sizeof number);
            numbers.push_back(std::in_range<std::int64_t>(number) ? static_cast<std::int64_t>(number)
                                                                  : std::numeric_limits<std::int64_t>::max());
        }
        return numbers;
    };
    switch (type) {
        case TensorType::u8:
            return as(std::uint8_t{});
        case TensorType::i8:
            return as(std::int8_t{});
        case TensorType::u16:
            return as(std::uint16_t{});
        case TensorType::i16:
            return as(std::int16_t{});
        case TensorType::u32:
            return as(std::uint32_t{});
        case TensorType::i32:
            return as(std::int32_t{});
        case TensorType::u64:
            return as(std::uint64_t{});
        case TensorType::i64:
            return as(std::int64_t{});
        default:
            return std::nullopt;
    }
}

/// The header as one text: writers put its keys in any order, and blanks where they like.
std::string canonical(const TensorHeader& header) {
    Json json = Json::object();
    if (!header.metadata.empty()) json[std::string(tensor_metadata_key)] = header.metadata;
    for (const TensorEntry& entry : header.tensors) {
        json[entry.name] = {{"dtype", naming(entry.type).name},
                            {"shape", entry.shape},
                            {"data_offsets", {entry.begin, entry.end}}};
    }
    return json.dump();
}

class Reader {
public:
    explicit Reader(const fs::path& file)
        : stored_(open_tensors(file)),
          file_(file),
          stream_(file, std::ios::binary),
          images_(tensor("images")) {
        check_images();
        check_memory();
        stream_.seekg(static_cast<std::streamoff>(stored_.data_begin));
    }

    ImageSet read() {
        ImageSet set;
        set.contents = sha256_of(stream_, file_, canonical(stored_.header));
        stream_.clear();
        const auto name = stored_.header.metadata.find("name");
        set.name = fmt::format(
            "{}@{}", plain_name(name == stored_.header.metadata.end() ? file_.stem().string() : name->second),
            set.contents.substr(0, hash_digits));
        const std::vector<Part> parts = parts_of(integers("split"));
        const std::vector<std::int64_t> labels = integers("labels");
        set.classes = classes_of(labels, parts);
        read_images(set, labels, parts);
        set.normalisation = normalisation_of(set);
        return set;
    }

private:
    template <class... Arguments>
    [[noreturn]] void complain(fmt::format_string<Arguments...> text, Arguments&&... arguments) const {
        throw DataError(fmt::format("the data file '{}' {}", file_.string(),
                                    fmt::format(text, std::forward<Arguments>(arguments)...)));
    }

    const TensorEntry& tensor(std::string_view name) const {
        const TensorEntry* found = stored_.header.find(name);
        if (found != nullptr) return *found;
        std::vector<std::string_view> names;
        for (const TensorEntry& entry : stored_.header.tensors) names.push_back(entry.name);
        complain(
            "has no tensor '{}'{}; expected images, labels and split (docs/guide.md shows how to write them)",
            name, did_you_mean(name, names));
    }

    void check_images() const {
        const auto& shape = images_.shape;
        if (images_.type != TensorType::u8 || shape.size() != 4 || std::ranges::count(shape, 0) > 0) {
            complain(
                "has images of type {}, shape [{}]; expected U8 [N, C, H, W], none of them 0: bytes, channel "
                "by "
                "channel",
                naming(images_.type).name, fmt::join(shape, ", "));
        }
        if (shape[0] > max_images) complain("has {} images; expected at most {}", shape[0], max_images);
        constexpr std::int64_t most = 65'536;
        if (std::ranges::any_of(shape.begin() + 1, shape.end(), [](auto extent) { return extent > most; })) {
            complain("has images of {} x {} x {}; expected at most {} each way", shape[1], shape[2], shape[3],
                     most);
        }
    }

    void check_memory() const {
        const auto memory = static_cast<std::uint64_t>(machine_memory());
        if (images_.end - images_.begin > memory) {
            complain(
                "has {} of images, more than the {} of this machine's memory, which holds all of them; take "
                "fewer",
                bytes_text(static_cast<std::int64_t>(images_.end - images_.begin)),
                bytes_text(static_cast<std::int64_t>(memory)));
        }
    }

    void read_bytes(const TensorEntry& entry, std::span<char> bytes) {
        stream_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!stream_) {
            throw IoError(
                fmt::format("the data file '{}' ended or failed within tensor '{}'; it may have changed "
                            "while it was read, run again",
                            file_.string(), entry.name));
        }
    }
    void go_to(const TensorEntry& entry) {
        stream_.seekg(static_cast<std::streamoff>(stored_.data_begin + entry.begin));
    }

    /// One integer for each image.
    std::vector<std::int64_t> integers(std::string_view name) {
        const TensorEntry& entry = tensor(name);
        if (!widened(entry.type, {}) || entry.shape.size() != 1 || entry.shape[0] != images_.shape[0]) {
            complain(
                "has {} of type {}, shape [{}]; expected integers, one for each of the {} images: shape [{}]",
                name, naming(entry.type).name, fmt::join(entry.shape, ", "), images_.shape[0],
                images_.shape[0]);
        }
        std::vector<char> bytes(entry.end - entry.begin);
        go_to(entry);
        read_bytes(entry, bytes);
        return *widened(entry.type, bytes);
    }

    std::vector<Part> parts_of(const std::vector<std::int64_t>& codes) const {
        std::vector<Part> parts;
        parts.reserve(codes.size());
        for (const std::int64_t code : codes) {
            if (code < 0 || code > 2) {
                complain("has split code {} at image {}; expected 0 (training), 1 (validation) or 2 (test)",
                         code, parts.size());
            }
            parts.push_back(static_cast<Part>(code));
        }
        for (const auto& [part, name] :
             {std::pair{Part::training, "to train on"}, {Part::test, "to test on"}}) {
            if (std::ranges::find(parts, part) == parts.end()) {
                complain("has no image {}: no {} in split; expected one at least", name,
                         static_cast<int>(part));
            }
        }
        return parts;
    }

    /// A list of the metadata, or null where it is not there.
    Json list(const char* key) const {
        const auto text = stored_.header.metadata.find(key);
        if (text == stored_.header.metadata.end()) return nullptr;
        Json json = Json::parse(text->second, nullptr, /*allow_exceptions=*/false);
        if (!json.is_array()) complain("has metadata '{}' that is no JSON list", key);
        return json;
    }

    /// Names of the classes; without names in the metadata, their numbers.
    std::vector<std::string> classes_of(const std::vector<std::int64_t>& labels,
                                        const std::vector<Part>& parts) const {
        std::vector<std::string> names;
        const Json named = list("classes");
        for (const Json& name : named) {
            if (!name.is_string()) complain("has metadata 'classes' with {}, which is no name", name.dump());
            names.push_back(name.get<std::string>());
        }
        const std::size_t classes =
            !named.is_null()
                ? names.size()
                : static_cast<std::size_t>(std::max<std::int64_t>(std::ranges::max(labels), 0)) + 1;
        if (classes < 1 || classes > max_classes) {
            complain("has {} classes{}; expected 1 to {}", classes,
                     named.is_null() ? " by its highest label" : "", max_classes);
        }
        std::vector<char> trained(classes);
        for (std::size_t image = 0; image < labels.size(); ++image) {
            const std::int64_t label = labels[image];
            if (label < 0 || static_cast<std::size_t>(label) >= classes) {
                complain("has label {} at image {}; expected 0 to {}, for {} classes", label, image,
                         classes - 1, classes);
            }
            if (parts[image] == Part::training) trained[static_cast<std::size_t>(label)] = 1;
        }
        if (named.is_null()) {
            const auto missing = std::ranges::find(trained, 0);
            if (missing != trained.end()) {
                complain(
                    "has no image of class {} to train on, of {} classes by its highest label; expected "
                    "labels "
                    "from 0 without a gap, or the classes' names in the metadata",
                    missing - trained.begin(), classes);
            }
            for (std::size_t label = 0; label < classes; ++label) names.push_back(std::to_string(label));
        }
        return names;
    }

    void read_images(ImageSet& set, const std::vector<std::int64_t>& labels, const std::vector<Part>& parts) {
        const auto extent = [&](std::size_t axis) { return static_cast<std::size_t>(images_.shape[axis]); };
        const auto tested = static_cast<std::size_t>(std::ranges::count(parts, Part::test));
        Split split;
        for (ByteImages* images : {&set.train, &set.test}) {
            const std::size_t count = images == &set.test ? tested : parts.size() - tested;
            images->channels = extent(1);
            images->height = extent(2);
            images->width = extent(3);
            images->labels.reserve(count);
            images->pixels.resize(count * images->bytes_per_image());
        }
        go_to(images_);
        for (std::size_t image = 0; image < parts.size(); ++image) {
            ByteImages& images = parts[image] == Part::test ? set.test : set.train;
            const std::size_t index = images.count();
            const std::span one =
                std::span(images.pixels).subspan(index * images.bytes_per_image(), images.bytes_per_image());
            read_bytes(images_, {reinterpret_cast<char*>(one.data()), one.size()});
            images.labels.push_back(static_cast<std::int32_t>(labels[image]));
            if (parts[image] == Part::training) split.train.push_back(static_cast<std::uint32_t>(index));
            if (parts[image] == Part::validation)
                split.validation.push_back(static_cast<std::uint32_t>(index));
        }
        if (!split.validation.empty()) set.split = std::move(split);
    }

    std::vector<double> numbers(const char* key, std::size_t channels, double above) const {
        std::vector<double> numbers;
        const Json listed = list(key);
        for (const Json& number : listed) {
            const double value = number.is_number() ? number.get<double>() : above;
            if (!std::isfinite(value) || value <= above) {
                complain("has metadata '{}' with {}; expected numbers of pixels scaled to 0 to 1{}", key,
                         number.dump(), above == 0 ? ", above 0" : "");
            }
            numbers.push_back(value);
        }
        if (!listed.is_null() && numbers.size() != channels) {
            complain("has {} numbers in metadata '{}'; expected {}, one for each channel", numbers.size(),
                     key, channels);
        }
        return numbers;
    }

    Normalisation normalisation_of(const ImageSet& set) const {
        constexpr double lowest = -1e6;
        Normalisation stated{numbers("mean", set.train.channels, lowest),
                             numbers("std", set.train.channels, 0)};
        if (stated.mean.empty() != stated.deviation.empty()) {
            complain("has metadata '{}' alone; expected both mean and std, or neither",
                     stated.mean.empty() ? "std" : "mean");
        }
        if (!stated.mean.empty()) return stated;
        return set.split ? measure_normalisation(set.train, set.split->train)
                         : measure_normalisation(set.train);
    }

    StoredTensors stored_;
    const fs::path& file_;
    std::ifstream stream_;
    const TensorEntry& images_;
};

} // namespace

ImageSet read_data_file(const fs::path& file) { return Reader(file).read(); }

} // namespace fractal::data
