// Compares the tensors that there are with those that the slots of a network ask for.
#include "weights/weights_fit.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fractal/plan/slots.hpp>
#include <fractal/spec/name.hpp>

#include "base/error.hpp"

namespace fractal {

void check_fit(const NetworkSpec& net, std::span<const OfferedTensor> offered,
               const std::filesystem::path& file, std::string_view origin) {
    const auto refuse = [&](std::string_view name, const std::string& what) {
        const std::string network(full_name(net).view());
        throw DataError(fmt::format(
            "'{}' does not fit {}: tensor '{}' {}{}", file.string(), network, name, what,
            origin.empty() || origin == network ? "" : fmt::format("; it holds weights of {}", origin)));
    };
    std::map<std::string_view, const OfferedTensor*> unclaimed;
    for (const OfferedTensor& tensor : offered) unclaimed.emplace(tensor.name, &tensor);
    for_each_slot(net, [&](const Slot& slot) {
        for (const WeightSpec& weight : slot.weights) {
            const auto name = line(slot.path, ".", weight.name);
            const auto found = unclaimed.find(name.view());
            if (found == unclaimed.end()) return refuse(name.view(), "is missing");
            const OfferedTensor& tensor = *found->second;
            const auto expected = std::span(weight.extents).first(static_cast<std::size_t>(weight.rank()));
            if (!std::ranges::equal(tensor.shape, expected)) {
                refuse(name.view(), fmt::format("has shape [{}], expected [{}]",
                                                fmt::join(tensor.shape, ", "), fmt::join(expected, ", ")));
            }
            if (!tensor.floating) refuse(name.view(), "is of whole numbers, expected floating-point numbers");
            unclaimed.erase(found);
        }
    });
    if (unclaimed.empty()) return;
    const auto stray = std::ranges::find_if(
        offered, [&](const OfferedTensor& tensor) { return unclaimed.contains(tensor.name); });
    refuse(stray->name, "does not belong to it");
}

void check_fit(const NetworkSpec& net, const StoredTensors& stored) {
    std::vector<OfferedTensor> offered;
    for (const TensorEntry& entry : stored.header.tensors) {
        offered.push_back({entry.name, entry.shape, naming(entry.type).floating});
    }
    const auto origin = stored.header.metadata.find(network_key);
    check_fit(net, offered, stored.file, origin == stored.header.metadata.end() ? "" : origin->second);
}

int classes_of_weights(const StoredTensors& stored) {
    const TensorEntry* const head = stored.header.find("head.weight");
    if (head == nullptr || head->shape.size() != 2 || head->shape[0] < 1 || head->shape[0] > 1'000'000) {
        throw DataError(
            fmt::format("'{}' has no head.weight of [classes, features]: expected the weights of "
                        "a fractal network",
                        stored.file.string()));
    }
    return static_cast<int>(head->shape[0]);
}

} // namespace fractal
