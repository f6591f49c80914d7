// An order without a layer that maps channels.
// expect: net/3x32x32-d3-c2-w64-flat10-bn.relu: Layers<fractal::BatchNorm, fractal::ReLU> has no convolution,
// expect: so nothing maps 3x32x32 to the 64 channels of unit 0; add a layer such as fractal::Conv<3>
#include "specimen.hpp"

using namespace fractal;

using Order = Either<Layers<BatchNorm, ReLU>, Layers<Conv<3>, BatchNorm, ReLU>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
