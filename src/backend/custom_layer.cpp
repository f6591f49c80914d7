// The table of custom layers' forwards.
#include <fractal/torch/custom_layer.hpp>

#include <map>
#include <stdexcept>
#include <string>

namespace fractal {

namespace {

/// A function's static, so that a registration in any other unit finds it made.
std::map<std::string_view, CustomForward>& forwards() {
    static std::map<std::string_view, CustomForward> table;
    return table;
}

} // namespace

CustomLayer::CustomLayer(const LayerSpec& layer, CustomForward forward) : name_(layer.name) {
    if (!forwards().emplace(name_, forward).second) {
        throw std::logic_error("layer '" + std::string(name_) +
                               "' is registered twice; give one of them another name");
    }
}

CustomLayer::~CustomLayer() { forwards().erase(name_); }

CustomForward CustomLayer::find(std::string_view name) {
    const auto found = forwards().find(name);
    if (found == forwards().end()) {
        throw std::logic_error(
            "layer '" + std::string(name) +
            "' has no forward pass; link a source file that defines a fractal::CustomLayer for it");
    }
    return found->second;
}

} // namespace fractal
