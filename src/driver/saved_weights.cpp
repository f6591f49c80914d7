// Finds weights by the results, and reads their header.
#include "driver/saved_weights.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "driver/program.hpp"
#include "driver/sweep.hpp"
#include "driver/variant_row.hpp"

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
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw IoError(fmt::format("{} cannot be opened: expected a file of weights", file.string()));
    const auto refuse = [&](std::string_view what) {
        throw DataError(
            fmt::format("{} {}: expected weights that fractal train has written", file.string(), what));
    };
    constexpr std::uint64_t most = 100'000'000; // the format's own limit
    std::array<char, 8> length_bytes{};
    stream.read(length_bytes.data(), length_bytes.size());
    const auto length = std::bit_cast<std::uint64_t>(length_bytes);
    if (!stream || length > most || length > fs::file_size(file)) refuse("is no safetensors file");
    std::string header(length, '\0');
    stream.read(header.data(), static_cast<std::streamsize>(length));
    const auto json = nlohmann::json::parse(header, nullptr, /*allow_exceptions=*/false);
    const auto shape = nlohmann::json::json_pointer("/head.weight/shape/0");
    if (!stream || !json.is_object() || !json.contains(shape) || !json[shape].is_number_unsigned()) {
        refuse("has no head.weight");
    }
    const auto classes = json[shape].get<std::uint64_t>();
    if (classes < 1 || classes > 1'000'000) refuse(fmt::format("has a head of {} classes", classes));
    return static_cast<int>(classes);
}

} // namespace fractal::driver
