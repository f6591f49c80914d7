// Moves weights between modules and tensor files.
#include "weights/module_weights.hpp"

#include <sstream>

#include "base/error.hpp"

namespace fractal {

namespace {

/// Calls `visit(name, tensor)` for every weight of a module, in slot order.
template <class Visit>
void for_each_weight(const FractalNetImpl& module, Visit visit) {
    for_each_slot(module.spec(), [&](const Slot& slot) {
        for (int i = 0; i < slot.weights.count; ++i) {
            const std::string name(
                line(slot.path, ".", slot.weights.items[static_cast<std::size_t>(i)].name).view());
            visit(name, module.slots()[static_cast<std::size_t>(slot.index)][static_cast<std::size_t>(i)]);
        }
    });
}

} // namespace

TensorFile weights_of(const FractalNetImpl& module) {
    TensorFile content;
    for_each_weight(module, [&](const std::string& name, const torch::Tensor& tensor) {
        content.tensors.emplace_back(name, tensor.detach());
    });
    content.metadata["fractal.network"] = std::string(full_name(module.spec()).view());
    return content;
}

void load_weights(FractalNetImpl& module, const TensorFile& content, const std::filesystem::path& file) {
    const auto refuse = [&](const std::string& name, const std::string& what) {
        throw DataError("'" + file.string() + "' does not fit " +
                        std::string(full_name(module.spec()).view()) + ": tensor '" + name + "' " + what);
    };
    std::vector<std::pair<torch::Tensor, const torch::Tensor*>> copies;
    for_each_weight(module, [&](const std::string& name, const torch::Tensor& target) {
        const torch::Tensor* source = content.find(name);
        if (source == nullptr) return refuse(name, "is missing");
        if (source->sizes() != target.sizes()) {
            std::ostringstream shapes;
            shapes << "has shape " << source->sizes() << ", expected " << target.sizes();
            refuse(name, shapes.str());
        }
        copies.emplace_back(target, source);
    });
    if (copies.size() != content.tensors.size()) {
        for (const auto& [name, tensor] : content.tensors) {
            const auto is_it = [&](const auto& copy) { return copy.second == content.find(name); };
            if (std::none_of(copies.begin(), copies.end(), is_it)) refuse(name, "does not belong to it");
        }
    }
    const torch::NoGradGuard no_grad;
    for (auto& [target, source] : copies) target.copy_(*source);
}

} // namespace fractal
