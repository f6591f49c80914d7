// A user's layer that shrinks the map, so that columns of different length cannot be joined.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.crop: the columns that meet at step 2 of unit 0 bring 64x28x28
// expect: and 64x30x30, which have no mean; keep height and width in every layer
#include "specimen.hpp"

using namespace fractal;

namespace user {
struct Crop {
    static constexpr std::string_view name = "crop";
    static constexpr std::string_view type = "user::Crop";
    static constexpr Shape output(Shape in, int) { return {in.channels, in.height - 2, in.width - 2}; }
};
} // namespace user

// A single column has nothing to be joined with.
using Net = OnImages<Depth<3>, Either<Columns<2>, Columns<1>>, Layers<Conv<3>, user::Crop>, TenClasses>;

const Variant* const record = examine<Net>();
