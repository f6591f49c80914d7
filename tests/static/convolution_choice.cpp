// Which kernels run a convolution: by channels, maps, and what is allowed.
#include <fractal/plan/convolution_choice.hpp>

namespace fractal {
namespace {

constexpr std::optional<ConvolutionKernel> kernel(std::int64_t inputs, std::int64_t outputs,
                                                  std::int64_t side,
                                                  OwnConvolutions allowed = OwnConvolutions::all) {
    return convolution_kernel({128, side, side, inputs, outputs}, allowed);
}
constexpr auto direct = ConvolutionKernel::direct;
constexpr auto winograd = ConvolutionKernel::winograd;

static_assert(kernel(16, 16, 32) == direct && kernel(16, 32, 16) == direct && kernel(64, 16, 16) == direct);
static_assert(kernel(32, 32, 16) == winograd && kernel(32, 128, 8) == winograd);
static_assert(!kernel(3, 16, 32) && !kernel(16, 24, 32) && !kernel(40, 32, 16));
static_assert(!kernel(32, 32, 2) && !kernel(16, 16, 1));

static_assert(kernel(32, 64, 8, OwnConvolutions::direct) == direct);
static_assert(!kernel(64, 64, 8, OwnConvolutions::direct));
static_assert(!kernel(16, 16, 32, OwnConvolutions::none) && !kernel(32, 32, 16, OwnConvolutions::none));

static_assert(kernel(16, 16, 32, OwnConvolutions::matrix) == ConvolutionKernel::matrix);
static_assert(kernel(512, 256, 2, OwnConvolutions::matrix) == ConvolutionKernel::matrix);
static_assert(!convolution_kernel({15, 8, 8, 64, 64}, OwnConvolutions::matrix));
static_assert(!kernel(3, 16, 32, OwnConvolutions::matrix) && !kernel(40, 32, 16, OwnConvolutions::matrix));

// The convolution of the gradients runs by the same kernels.
static_assert(kernel(16, 64, 16) == kernel(64, 16, 16));

} // namespace
} // namespace fractal
