// Headers of safetensors: weights, and states of trials.
#include "weights/tensor_header.hpp"

#include <sstream>
#include <string>

#include "fuzz.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::accepts([&] {
        std::istringstream stream{std::string(fuzz::text_of(data, size))};
        const TensorHeader header = read_tensor_header(stream, size, "input");
        std::uint64_t covered = 0;
        for (const TensorEntry& entry : header.tensors) {
            fuzz::require(entry.begin == covered, "tensors follow each other");
            covered = entry.end;
            fuzz::require(header.find(entry.name) != nullptr, "and are found by their names");
        }
        fuzz::require(covered <= size, "within the file");
    });
    return 0;
}
