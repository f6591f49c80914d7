// A user's layer that changes the channels without saying so.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.pad: layer user::Pad makes 65x32x32 of 64x32x32 in unit 0, where
// expect: the channels must be 64; mend its output(), or set maps_channels
#include "specimen.hpp"

using namespace fractal;

namespace user {
struct Pad {
    static constexpr std::string_view name = "pad";
    static constexpr std::string_view type = "user::Pad";
    static constexpr Shape output(Shape in, int) {
        constexpr int added = Either<std::integral_constant<int, 1>, std::integral_constant<int, 0>>::value;
        return {in.channels + added, in.height, in.width};
    }
};
} // namespace user

using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>, user::Pad>, TenClasses>;

const Variant* const record = examine<Net>();
