// A user's layer that derives from a built-in one: it would run as that, and be one network with it.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.leaky: layer 2 of the order, user::Leaky: it has the kind of a
// expect: built-in layer, as one that derives from it has; give it `kind = LayerKind::custom`
#include "specimen.hpp"

using namespace fractal;

namespace user {
struct Leaky : ReLU {
    static constexpr std::string_view name = "leaky";
    static constexpr std::string_view type = "user::Leaky";
};
struct MendedLeaky : Leaky {
    static constexpr LayerKind kind = LayerKind::custom;
};
} // namespace user

using Order = Layers<Conv<3>, Either<user::Leaky, user::MendedLeaky>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
