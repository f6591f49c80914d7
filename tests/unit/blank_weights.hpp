// Files of weights that fit a network and are all zero, written without LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include <fractal/plan/slots.hpp>

namespace fractal::testing {

/// Writes a safetensors file with every weight of `net`, in slot order, as numbers of 4 bytes of `type`.
inline void write_blank_weights(const std::filesystem::path& file, const NetworkSpec& net,
                                const std::map<std::string, std::string>& metadata = {},
                                const std::string& type = "F32") {
    nlohmann::ordered_json header;
    header["__metadata__"] = metadata;
    std::uint64_t end = 0;
    for_each_slot(net, [&](const Slot& slot) {
        for (const WeightSpec& weight : slot.weights) {
            const std::uint64_t begin = end;
            end += 4 * static_cast<std::uint64_t>(weight.elements());
            const std::vector<std::int64_t> shape(weight.extents.begin(),
                                                  weight.extents.begin() + weight.rank());
            header[std::string(line(slot.path, ".", weight.name).view())] = {
                {"dtype", type}, {"shape", shape}, {"data_offsets", {begin, end}}};
        }
    });
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << text << std::string(end, '\0');
}

} // namespace fractal::testing
