// A user's layer whose name may change while the program runs.
// expect: net/3x32x32-d3-c2-w64-flat10-conv3: layer 2 of the order, user::Gelu<false>, is no layer; a layer
// expect: has a static constexpr name and type (fractal/spec/layer.hpp)
#include "specimen.hpp"

using namespace fractal;

namespace user {
template <bool Mended>
struct Gelu {
    static inline std::string_view name = "gelu";
    static constexpr std::string_view type = "user::Gelu";
};
template <>
struct Gelu<true> {
    static constexpr std::string_view name = "gelu";
    static constexpr std::string_view type = "user::Gelu";
};
} // namespace user

using Order = Layers<Conv<3>, Either<user::Gelu<false>, user::Gelu<true>>>;
using Net = OnImages<Depth<3>, Columns<2>, Order, TenClasses>;

const Variant* const record = examine<Net>();
