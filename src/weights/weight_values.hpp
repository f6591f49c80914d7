// The numbers in a file of weights. Knows no LibTorch.
#pragma once

#include <cstdint>

#include "weights/stored_tensors.hpp"

namespace fractal {

/// Reads all numbers of a file. Throws DataError with the first tensor that holds an infinity or no number,
/// and with which, and what `read_tensor_data` throws. Returns what identifies names and numbers, whatever
/// the file is called and says of itself: a hash of 48 bits, which every reader of JSON holds exactly, and
/// not 0.
std::uint64_t check_finite(const StoredTensors& stored);

} // namespace fractal
