// A unit dropout for more units than any network has.
// expect: UnitDropout has 17 figures; a network has at most 16 units
#include "specimen.hpp"

using namespace fractal;

using Dropouts = Either<UnitDropout<1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>, UnitDropout<1, 1, 1>>;
using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, TenClasses, Dropouts>;

const Variant* const record = examine<Net>();
