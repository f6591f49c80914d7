// An input that no unit can pool.
// expect: net/3x1x1-d1-c2-w64-flat10-conv3: an input of 3x1x1 survives no pooling; give 2x2 pixels or more
#include "specimen.hpp"

using namespace fractal;

using Image = Either<Input<3, 1, 1>, Input<3, 2, 2>>;
using Net = Network<Image, Width<64>, Depth<1>, Columns<2>, Layers<Conv<3>>, TenClasses>;

const Variant* const record = examine<Net>();
