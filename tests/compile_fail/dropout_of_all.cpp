// A dropout that leaves nothing.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.drop100: layer 2 of the order, fractal::Dropout<100>: its
// expect: percentage must be from 0 to 99
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>, Either<Dropout<100>, Dropout<99>>>, TenClasses>;

const Variant* const record = examine<Net>();
