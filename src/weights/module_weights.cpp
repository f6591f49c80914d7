// Moves weights between modules and tensor files.
#include "weights/module_weights.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include <torch/torch.h>

#include "weights/weights_fit.hpp"

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
    content.metadata[network_key] = std::string(full_name(module.spec()).view());
    return content;
}

std::string weight_not_finite(const FractalNetImpl& module) {
    const torch::NoGradGuard no_grad;
    std::vector<std::string> names;
    std::vector<torch::Tensor> largest; // each is read once, and the device is asked once for all
    for_each_weight(module, [&](const std::string& name, const torch::Tensor& tensor) {
        names.push_back(name);
        largest.push_back(at::linalg_vector_norm(tensor, std::numeric_limits<double>::infinity()));
    });
    if (names.empty()) return {};
    const torch::Tensor finite = at::stack(largest).isfinite().to(torch::kCPU);
    const auto* begin = finite.const_data_ptr<bool>();
    const auto* fault = std::find(begin, begin + names.size(), false);
    return fault == begin + names.size() ? std::string() : names[static_cast<std::size_t>(fault - begin)];
}

void load_weights(FractalNetImpl& module, const TensorFile& content, const std::filesystem::path& file) {
    std::vector<OfferedTensor> offered;
    std::map<std::string_view, const torch::Tensor*> sources;
    for (const auto& [name, tensor] : content.tensors) {
        offered.push_back({name, tensor.sizes(), tensor.is_floating_point()});
        sources.emplace(name, &tensor);
    }
    const auto origin = content.metadata.find(network_key);
    check_fit(module.spec(), offered, file, origin == content.metadata.end() ? "" : origin->second);
    const torch::NoGradGuard no_grad;
    for_each_weight(module,
                    [&](const std::string& name, torch::Tensor target) { target.copy_(*sources.at(name)); });
}

} // namespace fractal
