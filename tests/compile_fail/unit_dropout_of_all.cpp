// A unit dropout that leaves nothing.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3-ud0.100: UnitDropout drops 100 %; give 0 to 99
#include "specimen.hpp"

using namespace fractal;

using Dropouts = Either<UnitDropout<0, 100>, UnitDropout<0, 99>>;
using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, TenClasses, Dropouts>;

const Variant* const record = examine<Net>();
