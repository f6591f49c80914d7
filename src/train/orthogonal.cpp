// Polynomials of matrices that push their singular values towards one.
#include "train/orthogonal.hpp"

#include <torch/torch.h>

namespace fractal {

torch::Tensor orthogonalized(const torch::Tensor& matrices, torch::ScalarType products) {
    // x -> a x + b x^3 + c x^5, steep at 0 at the price of an error at 1
    constexpr double a = 3.4445;
    constexpr double b = -4.7750;
    constexpr double c = 2.0315;
    constexpr int steps = 5;
    constexpr double tiny = 1e-7; // against a norm of 0

    const bool tall = matrices.size(1) > matrices.size(2);
    torch::Tensor x = matrices / (at::linalg_vector_norm(matrices, 2, at::IntArrayRef{1, 2}, true) + tiny);
    x = (tall ? x.mT() : x).to(products);
    for (int step = 0; step < steps; ++step) {
        const torch::Tensor square = x.bmm(x.mT());
        const torch::Tensor factor = at::baddbmm(square, square, square, b, c);
        x = at::baddbmm(x, factor, x, a, 1);
    }
    return (tall ? x.mT() : x).to(torch::kFloat32);
}

} // namespace fractal
