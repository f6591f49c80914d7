// A layer of the outside project's own: x * sigmoid(x).
#pragma once

#include <fractal/spec/layers.hpp>

namespace outside {

struct Swish {
    static constexpr std::string_view name = "swish";
    static constexpr std::string_view type = "outside::Swish";
};

using Alphabet = boost::mp11::mp_push_back<fractal::Alphabet, Swish>;

} // namespace outside
