// A user's layer whose weight is drawn over a fan-in that a vector does not have.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.gain: layer user::Gain in unit 0: its gain is filled by_fan_in,
// expect: and gain, its first weight, is no [out, in, ...] that has a fan-in; fill with zeros or ones, or put
// expect: such a weight first
#include "specimen.hpp"

using namespace fractal;

namespace user {
template <Fill Beginning>
struct Gain {
    static constexpr std::string_view name = "gain";
    static constexpr std::string_view type = "user::Gain";
    static constexpr WeightList weights(Shape in, Shape) {
        return {{WeightSpec{"gain", {in.channels}, Beginning}}, 1};
    }
};
} // namespace user

using Order = Layers<Conv<3>, Either<user::Gain<Fill::by_fan_in>, user::Gain<Fill::ones>>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
