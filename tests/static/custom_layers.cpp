// Layers of a user's own: which are taken, in networks of any size, and which are not.
#include <cstdint>
#include <string_view>

#include <fractal/plan/cost.hpp>
#include <fractal/spec/network.hpp>

namespace fractal {
namespace {

template <class L, int Deep = 2, int Wide = 2>
using With = Network<Input<3, 128, 128>, Depth<Deep>, Columns<Wide>, Layers<Conv<3>, BatchNorm, ReLU, L>,
                     Width<4>, Head<GlobalAveragePool, 10>>;

struct Named {
    static constexpr std::string_view name = "mine";
    static constexpr std::string_view type = "user::Mine";
};

struct Gate : Named {
    static constexpr WeightList weights(Shape in, Shape) {
        return {{WeightSpec{"weight", {in.channels, in.channels}, Fill::by_fan_in},
                 WeightSpec{"bias", {in.channels}, Fill::zeros}},
                2};
    }
    static constexpr std::int64_t macs(Shape in, Shape) { return std::int64_t{in.channels} * in.channels; }
    static constexpr Saved saved(Shape in, Shape) {
        return {.input = true, .extra = 8 * std::int64_t{in.channels}};
    }
};
// As large as networks are: the compiler counts its steps, so a layer is not asked anew for each firing.
static_assert(ValidNetwork<With<Gate, 6, 7>>);
static_assert(cost_of<With<Gate, 6, 7>>.firings == 6 * 127);

struct Text {
    static constexpr const char* name = "mine";
    static constexpr char type[] = "user::Text";
};
static_assert(ValidNetwork<With<Text>>);

struct Final final {
    static constexpr std::string_view name = "mine";
    static constexpr std::string_view type = "user::Final";
    static constexpr auto macs(const Shape& in, const Shape&) noexcept { return in.elements(); }
};
static_assert(ValidNetwork<With<Final>>);
static_assert(cost_of<With<Final>>.macs > cost_of<With<Text>>.macs);

struct FinalOtherwise final {
    static constexpr std::string_view name = "mine";
    static constexpr std::string_view type = "user::FinalOtherwise";
    static constexpr std::int64_t macs(Shape in) { return in.elements(); }
};
static_assert(!ValidNetwork<With<FinalOtherwise>>);

union Joined {
    static constexpr std::string_view name = "mine";
    static constexpr std::string_view type = "user::Joined";
};
static_assert(ValidNetwork<With<Joined>>);

struct Template : Named {
    template <class Map>
    static constexpr Shape output(Map in, int) {
        return in;
    }
};
static_assert(ValidNetwork<With<Template>>);

struct Careful : Named {
    static constexpr Shape output(Shape in, int) { return in.height % 4 == 0 ? in : throw in; }
};
static_assert(ValidNetwork<With<Careful>>);     // 128 and 64 pixels
static_assert(!ValidNetwork<With<Careful, 7>>); // at last 2

struct Inherited : Gate {
    int macs = 0;
};
static_assert(!ValidNetwork<With<Inherited>>);

struct Asked : Named {
    static constexpr bool maps_channels() { return false; }
};
static_assert(!ValidNetwork<With<Asked>>);

struct OfOtherKind : Named {
    static constexpr std::string_view kind = "gate"; // no word of ours
    static constexpr double argument = 0.5;
};
static_assert(ValidNetwork<With<OfOtherKind>>);

} // namespace
} // namespace fractal
