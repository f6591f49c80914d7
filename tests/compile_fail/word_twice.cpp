// A word given twice.
// expect: Network<...> has 2 arguments Depth; give it once
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, TenClasses, Either<Depth<4>, PoolBeforeJoin>>;

const Variant* const record = examine<Net>();
