// Variants and what was measured of them as records for language models and other readers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <fractal/registry/variant.hpp>

namespace fractal::driver {

/// Writes into `folder`: `corpus.jsonl`, a JSON object a line for each variant in the order given, with its
/// C++ type, PyTorch source, costs, drawing, and the trials that `run` has of it with their epochs;
/// `schema.json`, which says what each member is, in JSON Schema; and `README.md`, a data card. The same
/// variants and results give the same bytes. `run` may be empty. Throws IoError.
void write_corpus(const std::filesystem::path& folder, const std::vector<const Variant*>& variants,
                  const std::string& run);

} // namespace fractal::driver
