// The table of custom layers' PyTorch sources.
#include <fractal/driver/pytorch_layer.hpp>

#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace fractal {

namespace {

/// A function's static, so that a registration in any other unit finds it made.
std::map<std::string_view, const PyTorchLayer*>& layers() {
    static std::map<std::string_view, const PyTorchLayer*> table;
    return table;
}

/// Whether the module around it defines something of that name itself.
bool is_taken(const std::string& name) {
    static const std::set<std::string> taken{"BatchNorm", "Unit", "Network", "firing", "fired", "load"};
    return taken.contains(name);
}

/// What `source` defines at the left margin.
std::vector<std::string> defined_in(std::string_view source) {
    static const std::regex definition(R"(^(?:class|def)[ \t]+(\w+))",
                                       std::regex::ECMAScript | std::regex::multiline);
    const std::string text(source);
    std::vector<std::string> names;
    for (std::sregex_iterator found(text.begin(), text.end(), definition), end; found != end; ++found) {
        names.push_back((*found)[1]);
    }
    return names;
}

} // namespace

PyTorchLayer::PyTorchLayer(const LayerSpec& layer, std::string_view made, std::string_view source)
    : name_(layer.name),
      made_(made),
      source_(source) {
    for (const std::string& name : defined_in(source)) {
        if (!is_taken(name)) continue;
        throw std::logic_error("layer '" + std::string(name_) + "': its PyTorch source defines " + name +
                               ", as the module that it goes into does; give it another name");
    }
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
