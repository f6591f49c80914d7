// A user's layer whose name cannot stand in the name of a variant.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3.Soft-Sign: layer 2 of the order, user::SoftSign: its name must
// expect: be 1 to 24 lower-case letters and digits
#include "specimen.hpp"

using namespace fractal;

namespace user {
template <bool Mended>
struct SoftSign {
    static constexpr std::string_view name = Mended ? "softsign" : "Soft-Sign";
    static constexpr std::string_view type = "user::SoftSign";
};
} // namespace user

using Order = Layers<Conv<3>, Either<user::SoftSign<false>, user::SoftSign<true>>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
