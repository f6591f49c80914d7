// Polynomials of matrices that push their singular values towards one.
#include "train/orthogonal.hpp"

#include <span>

#include <torch/torch.h>

namespace fractal {

namespace {

/// So many steps x -> a x + b x^3 + c x^5, steep at 0 at the price of an error at 1. Each multiplies x by a
/// polynomial of x xᵀ, so that together they are one of the first x xᵀ, and only that matrix of rows x rows
/// is worked on. Its small eigenvalues drown in the rounding of the large ones after some steps.
torch::Tensor stepped(const torch::Tensor& x, int steps) {
    constexpr double a = 3.4445;
    constexpr double b = -4.7750;
    constexpr double c = 2.0315;

    torch::Tensor square = x.bmm(x.mT());
    torch::Tensor product;
    for (int step = 0; step < steps; ++step) {
        const torch::Tensor factor = at::baddbmm(square, square, square, b, c);
        factor.diagonal(0, 1, 2).add_(a);
        product = step == 0 ? factor : factor.bmm(product);
        if (step + 1 < steps) square = factor.bmm(square).bmm(factor);
    }
    return product.bmm(x);
}

/// Five steps, in parts that each begin from x itself.
std::span<const int> parts(std::int64_t rows, std::int64_t columns) {
    static constexpr int one_by_one[]{1, 1, 1, 1, 1}; // 15 products, 10 of them with x
    static constexpr int together[]{3, 2};            // 18, 4 of them with x
    return columns < 2 * rows ? std::span<const int>(one_by_one) : together;
}

} // namespace

torch::Tensor orthogonalized(const torch::Tensor& matrices, torch::ScalarType products) {
    constexpr double tiny = 1e-7; // against a norm of 0
    const bool tall = matrices.size(1) > matrices.size(2);
    torch::Tensor x = matrices / (at::linalg_vector_norm(matrices, 2, at::IntArrayRef{1, 2}, true) + tiny);
    x = (tall ? x.mT() : x).to(products);
    for (const int steps : parts(x.size(1), x.size(2))) x = stepped(x, steps);
    return (tall ? x.mT() : x).to(torch::kFloat32);
}

} // namespace fractal
