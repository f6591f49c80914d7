// Networks as files, for programs that have one in hand.
#include <fractal/torch/export.hpp>

#include "base/durable_file.hpp"
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
    const std::string text = pytorch_text(net.spec(), net.variant().name);
    save_weights(net, std::filesystem::path(file).replace_extension(".safetensors"));
    write_durably(file, text);
}

} // namespace fractal
