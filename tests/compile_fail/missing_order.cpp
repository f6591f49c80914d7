// A network without layers.
// expect: Network<...> has no argument Layers<...>; give it once
#include "specimen.hpp"

using namespace fractal;

using Net = Either<OnImages<Depth<3>, Columns<2>, TenClasses>,
                   OnImages<Depth<3>, Columns<2>, TenClasses, Layers<Conv<3>>>>;

const Variant* const record = examine<Net>();
