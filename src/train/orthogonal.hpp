// Updates of Muon: the nearest orthogonal matrix in the place of a momentum.
#pragma once

#include <torch/types.h>

namespace fractal {

/// For each of the matrices [N, rows, columns] one of the same singular vectors whose singular values lie
/// about one, between 0.7 and 1.2, however small the matrix was; those below a few thousandths of its norm
/// fall short of that. Zero for zero. Five steps of a Newton-Schulz iteration of degree five (Jordan et al.,
/// Muon, 2024), of wide matrices three and two at once by their Gram matrix (Zhang et al., Gram
/// Newton-Schulz, 2026). Products are taken in `products`; the result is in float.
torch::Tensor orthogonalized(const torch::Tensor& matrices, torch::ScalarType products);

} // namespace fractal
