// A head of no known kind.
// expect: Network<...>: fractal::Head<int, 10> is no word of a network; use Input, Depth, Columns, Layers,
// expect: Width, Head or an option
#include "specimen.hpp"

using namespace fractal;

using Last = Either<Head<int, 10>, Head<GlobalAveragePool, 10>>;
using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, Last>;

const Variant* const record = examine<Net>();
