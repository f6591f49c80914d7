// The main function of the tests that need a GPU: without one the program ends as skipped.
#include <cstdio>

#include <torch/torch.h>

#undef CHECK

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

int main(int argc, char** argv) {
    constexpr int skipped = 77; // SKIP_RETURN_CODE of these tests
    if (!torch::cuda::is_available()) {
        std::puts("skipped: LibTorch finds no CUDA device here");
        return skipped;
    }
    // What is compared with a CPU's results is to be computed in the same numbers, and always alike.
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
    return doctest::Context(argc, argv).run();
}
