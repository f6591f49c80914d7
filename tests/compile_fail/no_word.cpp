// An argument that says nothing about a network.
// expect: Network<...>: int is no word of a network; use Input, Depth, Columns, Layers, Width, Head or an
// expect: option
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, TenClasses, Either<int, PoolBeforeJoin>>;

const Variant* const record = examine<Net>();
