// A head without classes.
// expect: net/3x32x32-d3-c2-w64-flat0-conv3: Head<..., 0>: a head has at least 1 class
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>>, Either<Head<Flatten, 0>, Head<Flatten, 1>>>;

// Asked outside a template, where compilers look further.
const Variant* const record = &variant_of<Net>;
