// A user's layer whose costs only a running program can count.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.gain: output, weights, macs or saved of user::Gain is no
// expect: constant; declare each constexpr, with a result for every shape, or give the compiler more
// expect: constexpr steps
#include "specimen.hpp"

using namespace fractal;

namespace user {
template <bool Mended>
struct Gain {
    static constexpr std::string_view name = "gain";
    static constexpr std::string_view type = "user::Gain";
    static std::int64_t macs(Shape in, Shape) { return in.elements(); }
};
template <>
struct Gain<true> : Gain<false> {
    static constexpr std::int64_t macs(Shape in, Shape) { return in.elements(); }
};
} // namespace user

using Order = Layers<Conv<3>, Either<user::Gain<false>, user::Gain<true>>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
