// More poolings than the input has halvings.
// expect: net/3x32x32-d6-c2-w64-flat10-conv3: Depth<6>: an input of 3x32x32 survives 1 to 5 poolings; choose
// expect: Depth<5> or another Input
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Either<Depth<6>, Depth<5>>, Columns<2>, Layers<Conv<3>>, TenClasses>;

const Variant* const record = examine<Net>();
