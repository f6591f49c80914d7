// A folder that goes when the test is over, and trials to write into it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "store/rows.hpp"

namespace fractal::store::testing {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "fractal-store-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path results() const { return path_ / "results.sqlite"; }

private:
    std::filesystem::path path_;
};

/// All of a file, as it is.
inline std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline Run a_run() {
    return {
        .version = "0.1", .manifest = "m", .command_line = "fractal train", .machine = "here", .created = {}};
}

/// A trial of a variant of `number`; trials of different numbers are of different networks.
inline Request a_request(int number, const Recipe& recipe = {}) {
    Request request;
    request.subject = {.variant = "paper/d1-c1-v" + std::to_string(number),
                       .fingerprint = "00" + std::to_string(number),
                       .family = "paper",
                       .depth = 1,
                       .columns = 1,
                       .layer_order = "conv3",
                       .parameters = 1000 + number,
                       .macs = 2000,
                       .activation_bytes = 3000};
    request.conditions = {.data = "shapes",
                          .train_images = 50000 - recipe.validation_images,
                          .validation_images = recipe.validation_images};
    request.recipe_label = "published";
    request.recipe = recipe;
    return request;
}

inline Epoch an_epoch(int number, double validation_accuracy) {
    return {.epoch = number,
            .train_loss = 1.5,
            .train_accuracy = 0.4,
            .validation_loss = 1.25,
            .validation_accuracy = validation_accuracy,
            .lr = 0.01,
            .images_per_second = 1000,
            .seconds = 2.5};
}

} // namespace fractal::store::testing
