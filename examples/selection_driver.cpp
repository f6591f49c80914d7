// A program of a few networks: a selection out of a family's types, linked without the rest of the registry,
// and the driver over it. Try `list`, `list --selections`, `train --select plain-chain`.
#include <fractal/driver/driver.hpp>
#include <fractal/families/larsson-study.hpp>

using namespace fractal;

namespace {

/// What a CPU trains in minutes.
using Light = Select<All, ParametersBelow<3'000'000>>;

/// One column: no joins, a chain of convolutions.
using PlainChain = Select<Light, ColumnsAre<1>>;

// The same condition reads types, here, and rows of a registry, in the driver's `--select`.
using Nets = Selected<Light, families::larsson_study>;
static_assert(boost::mp11::mp_size<Nets>::value == 3);

constexpr NamedSelection selections[] = {{"plain-chain", selects<PlainChain>, "one column: no joins"}};

} // namespace

int main(int argc, char** argv) {
    const Registry registry = registry_of<Nets>();
    return driver_main(argc, argv, registry, selections);
}
