// Holds the file against variants, and later against the trials that were asked for with it.
#include "driver/init_weights.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"
#include "weights/weight_values.hpp"
#include "weights/weights_fit.hpp"

namespace fractal::driver {

InitWeights read_init_weights(const std::string& file) {
    InitWeights weights{.stored = open_tensors(std::filesystem::absolute(file).lexically_normal())};
    weights.hash = check_finite(weights.stored);
    return weights;
}

void check_init_weights(const InitWeights& weights, const std::vector<const Variant*>& variants,
                        int classes) {
    for (const Variant* variant : variants) {
        NetworkSpec net = *variant->spec;
        net.classes = classes;
        check_fit(net, weights.stored);
    }
}

std::string file_to_begin_from(const store::Trial& trial, const InitWeights* given) {
    if (trial.recipe.init_weights == 0) return {};
    if (given != nullptr && given->hash == trial.recipe.init_weights) return given->stored.file.string();
    const std::string& file = trial.conditions.init_weights_file;
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
        throw IoError(fmt::format(
            "trial {} begins from the weights in {}, which is no file: put it back, or name its place "
            "(--init-weights FILE)",
            trial.id, file));
    }
    if (read_init_weights(file).hash == trial.recipe.init_weights) return file;
    throw DataError(fmt::format(
        "trial {} was to begin from the weights in {}, which are others now: put the file back that it "
        "was asked for with; to begin from these, name variants to add",
        trial.id, file));
}

} // namespace fractal::driver
