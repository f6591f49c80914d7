// An order longer than a firing may be.
// expect: relu.relu.relu: Layers has 17 layers; an order has at most 16
#include "specimen.hpp"

using namespace fractal;

using Sixteen = boost::mp11::mp_push_front<boost::mp11::mp_repeat_c<Layers<ReLU>, 15>, Conv<3>>;
using Order = Either<boost::mp11::mp_push_back<Sixteen, ReLU>, Sixteen>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
