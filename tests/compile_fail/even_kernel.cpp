// A kernel that cannot keep the shape.
// expect: net/3x32x32-d3-c2-w64-flat10-conv2: layer 1 of the order, fractal::Conv<2>: its kernel must be odd,
// expect: so that same padding keeps the shape
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Columns<2>, Layers<Either<Conv<2>, Conv<3>>>, TenClasses>;

const Variant* const record = examine<Net>();
