// Networks as files, for programs that have one in hand.
#include <fractal/torch/export.hpp>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "exports/pytorch_text.hpp"
#include "weights/module_weights.hpp"

namespace fractal {

void save_weights(const FractalNetImpl& net, const std::filesystem::path& file) {
    write_tensors(file, weights_of(net));
}

void load_weights(FractalNetImpl& net, const std::filesystem::path& file) {
    load_weights(net, read_tensors(file), file);
}

void export_pytorch(const FractalNetImpl& net, const std::filesystem::path& file) {
    const std::filesystem::path weights = weights_beside(file);
    const std::string text = pytorch_text(net.spec(), net.variant().name);
    TensorFile content = weights_of(net);
    for (auto& [name, tensor] : content.tensors) tensor = tensor.to(torch::kFloat32); // what `load` reads
    write_tensors(weights, content);
    write_durably(file, text);
}

} // namespace fractal
