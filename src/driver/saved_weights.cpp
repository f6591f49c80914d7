// Finds weights by the results, and reads their header.
#include "driver/saved_weights.hpp"

#include <cstdint>
#include <fstream>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/program.hpp"
#include "driver/sweep.hpp"
#include "driver/variant_row.hpp"
#include "weights/tensor_header.hpp"

namespace fractal::driver {

namespace fs = std::filesystem;

std::vector<store::Trial> trials_with_weights(store::Reader& reader, const Variant& variant,
                                              const fs::path& run) {
    std::vector<store::Trial> trials;
    const std::string fingerprint = fingerprint_text(variant.fingerprint);
    std::size_t all = 0;
    std::size_t finished = 0;
    for (const store::Trial& trial : reader.trials()) {
        if (trial.subject.fingerprint != fingerprint) {
            continue;
        }
        ++all;
        finished += trial.outcome.disposition == store::Disposition::finished ? 1 : 0;
        if (trial.outcome.disposition == store::Disposition::finished &&
            fs::exists(weights_file(run, trial.id))) {
            trials.push_back(trial);
        }
    }
    if (all == 0) {
        throw UsageError(fmt::format("{} has no trial of {}; fractal rank {} shows what it has", run.string(),
                                     variant.name, shell_word(run.string())));
    }
    if (finished == 0) {
        throw UsageError(
            fmt::format("no trial of {} in {} has finished; fractal train --resume {} goes on with it",
                        variant.name, run.string(), shell_word(run.string())));
    }
    if (trials.empty()) {
        throw IoError(fmt::format("{} has no weights of {}: expected {}", run.string(), variant.name,
                                  (run / "weights" / "<trial>.safetensors").string()));
    }
    return trials;
}

int classes_of_weights(const fs::path& file) {
    std::error_code unknown;
    const std::uintmax_t bytes = fs::file_size(file, unknown);
    std::ifstream stream(file, std::ios::binary);
    if (unknown || !stream) {
        throw IoError(fmt::format("{} cannot be opened: expected a file of weights", file.string()));
    }
    const TensorHeader header = read_tensor_header(stream, bytes, file.string());
    const TensorEntry* head = header.find("head.weight");
    const std::int64_t classes = head == nullptr || head->shape.empty() ? 0 : head->shape.front();
    constexpr std::int64_t most = 1'000'000;
    if (classes < 1 || classes > most) {
        throw DataError(
            fmt::format("{} has {}: expected weights that fractal train has written", file.string(),
                        head == nullptr ? "no head.weight" : fmt::format("a head of {} classes", classes)));
    }
    return static_cast<int>(classes);
}

} // namespace fractal::driver
