// An order of no layers at all.
// expect: net/3x32x32-d3-c2-w64-flat10-: Layers<> has no convolution, so nothing maps 3x32x32 to the 64
// expect: channels of unit 0; add a layer such as fractal::Conv<3>
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Columns<2>, Either<Layers<>, Layers<Conv<3>>>, TenClasses>;

const Variant* const record = examine<Net>();
