// The file of weights that trials begin from (`fractal train --init-weights`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fractal/registry/variant.hpp>

#include "store/rows.hpp"
#include "weights/stored_tensors.hpp"

namespace fractal::driver {

/// Its header, with an absolute path, and the hash that stands in the recipes of its trials.
struct InitWeights {
    StoredTensors stored;
    std::uint64_t hash = 0;
};

/// Throws IoError or DataError for a file that cannot be read, is damaged, or holds a number that is not
/// finite.
InitWeights read_init_weights(const std::string& file);

/// Throws DataError, with the first tensor that differs, unless each of `variants` with so many classes has
/// these weights and no others.
void check_init_weights(const InitWeights& weights, const std::vector<const Variant*>& variants, int classes);

/// The file that a trial begins from, empty for one that begins by its recipe's `init`: `given`, null for
/// none, where that holds the weights that the trial was asked for with, wherever they lay then. Throws what
/// `read_init_weights` throws, and DataError for a file that is no longer the one that the trial was asked
/// for with.
std::string file_to_begin_from(const store::Trial& trial, const InitWeights* given);

} // namespace fractal::driver
