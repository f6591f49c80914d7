// A unit dropout for a unit that the network does not have.
// expect: UnitDropout has a figure for unit 3, and the last unit is 2; give one figure for each unit at most
#include "specimen.hpp"

using namespace fractal;

using Dropouts = Either<UnitDropout<1, 1, 1, 1>, UnitDropout<1, 1, 1>>;
using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, TenClasses, Dropouts>;

const Variant* const record = examine<Net>();
