// A user's layer whose weights are asked with one shape too few; they would count as none.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.gain: layer 2 of the order, user::Gain: its weights must be
// expect: static constexpr WeightList weights(Shape in, Shape out)
#include "specimen.hpp"

using namespace fractal;

namespace user {
template <bool Mended>
struct Gain {
    static constexpr std::string_view name = "gain";
    static constexpr std::string_view type = "user::Gain";
    static constexpr WeightList weights(Shape in) {
        return {{WeightSpec{"gain", {in.channels}, Fill::ones}}, 1};
    }
};
template <>
struct Gain<true> : Gain<false> {
    static constexpr WeightList weights(Shape in, Shape) { return Gain<false>::weights(in); }
};
} // namespace user

using Order = Layers<Conv<3>, Either<user::Gain<false>, user::Gain<true>>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
