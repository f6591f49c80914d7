// Convolutions by kernels of ours against LibTorch's: to the bit where every number is exact, and where it is
// not, as close as it is or, filtered, close to as close.
#include <string>
#include <string_view>
#include <vector>

#include <torch/torch.h>

#include "backend/own_convolution.hpp"
#include "kernels/direct_convolution.hpp"
#include "kernels/matrix_convolution.hpp"
#include "torch_check.hpp"

using namespace fractal;

namespace {

struct Case {
    std::int64_t images, inputs, outputs, height, width;
};

/// Whole tiles and cut ones, one pixel, panels of four vectors, of two and of one, rows of tiles in one block
/// and in several; rows of pixels in one block and in several, batches of one part and of several; groups of
/// images with one tile and with two, whole and not, gathered at once and one after the other.
constexpr Case cases[] = {{3, 32, 48, 5, 7},    {2, 16, 64, 1, 1},   {1, 64, 32, 3, 8},   {5, 48, 16, 2, 2},
                          {2, 128, 96, 16, 16}, {7, 32, 32, 32, 32}, {4, 64, 128, 9, 4},  {1, 256, 64, 8, 8},
                          {37, 16, 16, 17, 33}, {1, 16, 32, 1, 2},   {130, 16, 16, 2, 1}, {18, 48, 64, 8, 8},
                          {70, 48, 80, 9, 6},   {3, 48, 80, 5, 16},  {2, 16, 48, 3, 48}};

/// The kinds of kernels, and how much further than LibTorch's convolution they may err.
struct Kind {
    std::string_view name;
    ConvolutionKernel kernel;
    double further;
};
constexpr Kind all_kinds[] = {
    {"direct", ConvolutionKernel::direct, 1.02},
    {"winograd", ConvolutionKernel::winograd, 3},
    {"matrix", ConvolutionKernel::matrix, 1.02},
};

std::vector<Kind> running_kinds() {
    std::vector<Kind> found;
    for (const Kind& kind : all_kinds) {
        const bool runs = kind.kernel == ConvolutionKernel::matrix ? kernels::matrix::passes() != nullptr
                                                                   : kernels::direct::passes() != nullptr;
        if (runs) {
            found.push_back(kind);
        } else {
            MESSAGE("left out: this processor has not what kernels of kind " << kind.name << " need");
        }
    }
    return found;
}

/// Those that run on this machine; what does not is said once.
const std::vector<Kind>& kinds() {
    static const std::vector<Kind> found = running_kinds();
    return found;
}

/// Maps and weights, and all that comes of a forward and a backward pass.
struct Pass {
    torch::Tensor in, weight, gradient;

    std::vector<torch::Tensor> own(const Kind& kind) const {
        return results(in, weight, gradient,
                       [&](const auto& x, const auto& w) { return own_convolution(x, w, kind.kernel); });
    }
    /// LibTorch's convolution in a type.
    std::vector<torch::Tensor> library(torch::ScalarType type) const {
        return results(in.to(type), weight.to(type), gradient.to(type),
                       [](const auto& x, const auto& w) { return at::conv2d(x, w, {}, 1, 1); });
    }

private:
    template <class Convolve>
    static std::vector<torch::Tensor> results(const torch::Tensor& in, const torch::Tensor& weight,
                                              const torch::Tensor& gradient, const Convolve& convolve) {
        const torch::Tensor x = in.detach().requires_grad_();
        const torch::Tensor w = weight.detach().requires_grad_();
        const torch::Tensor out = convolve(x, w);
        out.backward(gradient);
        return {out.detach(), x.grad(), w.grad()};
    }
};

Pass normal(const Case& one) {
    torch::manual_seed(3);
    const auto map = [&](std::int64_t channels) {
        return torch::randn({one.images, channels, one.height, one.width})
            .to(torch::kBFloat16)
            .contiguous(torch::MemoryFormat::ChannelsLast);
    };
    return {map(one.inputs).relu(),
            torch::randn({one.outputs, one.inputs, 3, 3}) / (3 * std::sqrt(one.inputs)), map(one.outputs)};
}

/// Small whole numbers, of which weights are divisible by four: no transform rounds.
Pass whole(const Case& one) {
    torch::manual_seed(4);
    const auto numbers = [](std::vector<std::int64_t> sizes) { return torch::randint(-3, 4, sizes); };
    const auto map = [&](std::int64_t channels) {
        return numbers({one.images, channels, one.height, one.width})
            .to(torch::kBFloat16)
            .contiguous(torch::MemoryFormat::ChannelsLast);
    };
    return {map(one.inputs), 4 * numbers({one.outputs, one.inputs, 3, 3}).to(torch::kFloat32),
            map(one.outputs)};
}

double distance(const torch::Tensor& ours, const torch::Tensor& exact) {
    return ((ours.to(torch::kFloat64) - exact).norm() / exact.norm()).item<double>();
}

std::string text(const Case& one) {
    return std::to_string(one.images) + " x [" + std::to_string(one.inputs) + " to " +
           std::to_string(one.outputs) + ", " + std::to_string(one.height) + ", " +
           std::to_string(one.width) + "]";
}

} // namespace

TEST_CASE("where no number is rounded, kernels of ours give the convolution and its gradients to the bit") {
    for (const Case& one : cases) {
        const Pass pass = whole(one);
        const auto exact = pass.library(torch::kFloat64);
        for (const Kind& kind : kinds()) {
            CAPTURE(text(one));
            CAPTURE(std::string(kind.name));
            const auto ours = pass.own(kind);
            CHECK(torch::equal(ours[0], exact[0].to(torch::kBFloat16)));
            CHECK(torch::equal(ours[1], exact[1].to(torch::kBFloat16)));
            CHECK(torch::equal(ours[2], exact[2].to(torch::kFloat32)));
        }
    }
}

TEST_CASE(
    "direct kernels err no further than LibTorch's convolution in bfloat16, filtering three times as far") {
    for (const Case& one : cases) {
        const Pass pass = normal(one);
        const auto theirs = pass.library(torch::kBFloat16);
        const auto exact = pass.library(torch::kFloat64);
        for (const Kind& kind : kinds()) {
            const auto ours = pass.own(kind);
            for (std::size_t i = 0; i < ours.size(); ++i) {
                CAPTURE(text(one));
                CAPTURE(std::string(kind.name));
                CAPTURE(i);
                CHECK(distance(ours[i], exact[i]) <= kind.further * distance(theirs[i], exact[i]));
            }
        }
    }
}

TEST_CASE("a bias and a ReLU go into the output") {
    const Pass pass = whole({2, 32, 48, 5, 7});
    const torch::NoGradGuard no_grad;
    const torch::Tensor bias = torch::arange(48, torch::kFloat32) - 20;
    const torch::Tensor exact = at::conv2d(pass.in.to(torch::kFloat64), pass.weight.to(torch::kFloat64),
                                           bias.to(torch::kFloat64), 1, 1);
    for (const Kind& kind : kinds()) {
        CAPTURE(std::string(kind.name));
        const torch::Tensor out = own_convolution(pass.in, pass.weight, bias, true, kind.kernel);
        CHECK(torch::equal(out, exact.relu().to(torch::kBFloat16)));
    }
}

TEST_CASE("threads change no bit of a convolution by kernels of ours or of its gradients") {
    const int threads = torch::get_num_threads();
    const Pass pass = normal({31, 64, 96, 17, 16});
    for (const Kind& kind : kinds()) {
        CAPTURE(std::string(kind.name));
        torch::set_num_threads(1);
        const auto alone = pass.own(kind);
        for (const int count : {2, 3, 7}) {
            torch::set_num_threads(count);
            const auto together = pass.own(kind);
            for (std::size_t i = 0; i < alone.size(); ++i) CHECK(torch::equal(together[i], alone[i]));
        }
    }
    torch::set_num_threads(threads);
}
