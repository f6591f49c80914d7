// An option given twice.
// expect: Network<...> has 2 arguments UnitDropout; give it once
#include "specimen.hpp"

using namespace fractal;

using Second = Either<UnitDropout<10>, Transition<Conv<1>>>;
using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, TenClasses, UnitDropout<0, 10>, Second>;

const Variant* const record = examine<Net>();
