// A network in words: what each of its units does to shapes and costs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fractal/spec/network_spec.hpp>

#include "reflect/fields.hpp"

namespace fractal::driver {

/// One unit, or the head, and its share of the costs.
struct Part {
    std::string part = {};  ///< `unit 0`, `head`
    std::string input = {}; ///< CxHxW
    std::string output = {};
    std::int32_t firings = 0;
    std::int64_t parameters = 0;
    std::int64_t macs = 0;
};

/// The units from the first, then the head; parameters and MACs add up to those of the network.
std::vector<Part> parts_of(const NetworkSpec& net);

} // namespace fractal::driver

template <>
struct fractal::reflect::Fields<fractal::driver::Part> {
    using P = driver::Part;
    static constexpr auto list = hana::make_tuple(
        field<"part", &P::part>("unit or head"), field<"input", &P::input>("shape that enters, CxHxW"),
        field<"output", &P::output>("shape that leaves, CxHxW"),
        field<"firings", &P::firings>("applications of the layer order"),
        field<"parameters", &P::parameters>("trainable scalars"),
        field<"macs", &P::macs>("multiply-accumulates of one image, forward"));
};
