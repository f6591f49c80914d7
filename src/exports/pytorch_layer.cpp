// The table of custom layers' PyTorch sources.
#include <fractal/driver/pytorch_layer.hpp>

#include <map>
#include <stdexcept>
#include <string>

namespace fractal {

namespace {

/// A function's static, so that a registration in any other unit finds it made.
std::map<std::string_view, const PyTorchLayer*>& layers() {
    static std::map<std::string_view, const PyTorchLayer*> table;
    return table;
}

} // namespace

PyTorchLayer::PyTorchLayer(const LayerSpec& layer, std::string_view made, std::string_view source)
    : name_(layer.name),
      made_(made),
      source_(source) {
    if (!layers().emplace(name_, this).second) {
        throw std::logic_error("layer '" + std::string(name_) +
                               "' has a PyTorch source already; give one of them another name");
    }
}

PyTorchLayer::~PyTorchLayer() { layers().erase(name_); }

const PyTorchLayer* PyTorchLayer::find(std::string_view name) {
    const auto found = layers().find(name);
    return found == layers().end() ? nullptr : found->second;
}

} // namespace fractal
