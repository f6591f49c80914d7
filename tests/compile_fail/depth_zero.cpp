// A network of no units.
// expect: net/3x32x32-d0-c2-w64-flat10-conv3: Depth<0>: an input of 3x32x32 survives 1 to 5 poolings; choose
// expect: Depth<1> or another Input
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Either<Depth<0>, Depth<1>>, Columns<2>, Layers<Conv<3>>, TenClasses>;

const Variant* const record = examine<Net>();
