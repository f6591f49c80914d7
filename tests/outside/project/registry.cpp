// Looks at the outside project's registry, its selection and its list of types.
#include <algorithm>
#include <cstdio>

#include <boost/mp11/list.hpp>

#include <fractal/families/mine.hpp>
#include <fractal/registry/registry.hpp>
#include <fractal/registry/selection.hpp>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
    if (holds) {
        return;
    }
    std::printf("failed: %s\n", what);
    ++failures;
}

} // namespace

int main() {
    const fractal::Registry& registry = fractal::compiled_registry();
    expect(registry.all().size() == 44, "the registry has 44 variants");
    expect(boost::mp11::mp_size<fractal::families::mine>::value == 44, "the list has 44 types");
    const fractal::Variant* variant = registry.find("mine/d2-c2-conv3.swish");
    expect(variant != nullptr, "a variant with the project's own layer is found");
    expect(variant != nullptr && variant->spec->order[1].name == "swish", "its second layer is swish");

    const auto selections = fractal::named_selections();
    expect(selections.size() == 2 && selections[0].name == "tiny" && selections[1].name == "swishing",
           "the selections are found");
    expect(selections[0].about == "those of parameters in [0, 500)", "and so are their comments");
    expect(selections[1].about == "those that can say \"swish\"", "quotes and brackets included");
    const auto selected =
        std::ranges::count_if(registry.all(), [&](const auto* row) { return selections[1].holds(*row); });
    expect(selected == 32, "it selects 32 variants");
    return failures;
}
