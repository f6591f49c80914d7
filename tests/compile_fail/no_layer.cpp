// A type in the order that is no layer.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3: layer 2 of the order, int, is no layer; a layer has a static
// expect: constexpr name and type (fractal/spec/layer.hpp)
#include "specimen.hpp"

using namespace fractal;

using Net = OnImages<Depth<3>, Columns<2>, Layers<Conv<3>, Either<int, ReLU>>, TenClasses>;

const Variant* const record = examine<Net>();
