// Two layers of the user's own under one name: names could not tell which of them a network has.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.gate.gate: layers 2 and 3 of the order, user::Gate<4> and
// expect: user::Gate<8>, are both called gate; give each a name of its own
#include "specimen.hpp"

using namespace fractal;

namespace user {
template <int Ratio, bool Mended>
struct Gate {
    static constexpr std::string_view name = !Mended ? "gate" : Ratio == 4 ? "gate4" : "gate8";
    static constexpr std::string_view type = Ratio == 4 ? "user::Gate<4>" : "user::Gate<8>";
};
template <bool Mended>
using Order = Layers<Conv<3>, Gate<4, Mended>, Gate<8, Mended>>;
} // namespace user

using Net = OnImages<Depth<3>, Columns<2>, Either<user::Order<false>, user::Order<true>>, TenClasses>;

const Variant* const record = examine<Net>();
