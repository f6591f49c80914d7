// A user's layer under the name of a built-in one: two networks would share a name.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.relu: layer 2 of the order, user::Gelu: its name is that of a
// expect: built-in layer; give it another
#include "specimen.hpp"

using namespace fractal;

namespace user {
template <bool Mended>
struct Gelu {
    static constexpr std::string_view name = Mended ? "gelu" : "relu";
    static constexpr std::string_view type = "user::Gelu";
};
} // namespace user

using Order = Layers<Conv<3>, Either<user::Gelu<false>, user::Gelu<true>>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
