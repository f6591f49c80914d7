// A network that does not say how deep it is.
// expect: Network<...> has no argument Depth<...>; give it once
#include "specimen.hpp"

using namespace fractal;

using Net = Either<OnImages<Columns<2>, Layers<Conv<3>>, TenClasses>,
                   OnImages<Columns<2>, Layers<Conv<3>>, TenClasses, Depth<3>>>;

const Variant* const record = examine<Net>();
