// A fractal of more columns than the rule is written for.
// expect: net/3x32x32-d3-c9-w64-flat10-conv3: Columns<9>: a fractal has 1 to 8 columns
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Either<Columns<9>, Columns<8>>, Layers<Conv<3>>, TenClasses>;

const Variant* const record = examine<Net>();
