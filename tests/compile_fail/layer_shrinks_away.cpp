// A user's layer that leaves no pixel.
// expect: net/3x32x32-d4-c1-w64-flat10-conv3.crop: layer user::Crop makes 512x0x0 of 512x2x2 in unit 3, which
// expect: has no pixel; use a larger Input, or mend its output()
#include "specimen.hpp"

using namespace fractal;

namespace user {
struct Crop {
    static constexpr std::string_view name = "crop";
    static constexpr std::string_view type = "user::Crop";
    static constexpr Shape output(Shape in, int) { return {in.channels, in.height - 2, in.width - 2}; }
};
} // namespace user

using Net = OnImages<Either<Depth<4>, Depth<3>>, Columns<1>, Layers<Conv<3>, user::Crop>, TenClasses>;

const Variant* const record = examine<Net>();
