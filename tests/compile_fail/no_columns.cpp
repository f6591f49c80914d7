// A fractal of no columns.
// expect: net/3x32x32-d3-c0-w64-flat10-conv3: Columns<0>: a fractal has 1 to 8 columns
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Either<Columns<0>, Columns<1>>, Layers<Conv<3>>, TenClasses>;

const Variant* const record = examine<Net>();
