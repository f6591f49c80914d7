// Laws of the drawing: every firing stands in it, and every join.
#include "check.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include <fractal/spec/network.hpp>

#include <fractal/spec/cpp_type.hpp>
#include "driver/drawing.hpp"

#include "driver/network_text.hpp"
#include "driver/picture.hpp"
#include "unit/driver_fixture.hpp"

using namespace fractal;
using namespace fractal::driver;
using namespace fractal::driver::testing;

namespace {

NetworkSpec with_columns(int columns) {
    NetworkSpec net = spec_of<Small<1, 1, Bare>>;
    net.columns = columns;
    return net;
}

std::size_t occurrences(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) {
        ++count;
    }
    return count;
}

} // namespace

TEST_CASE("column j fires at step i exactly when 2^j divides i, and what fired is joined") {
    for (int columns = 1; columns <= max_columns; ++columns) {
        CAPTURE(columns);
        const std::vector<DrawnStep> steps = steps_of_unit(with_columns(columns));
        REQUIRE(steps.size() == std::size_t{1} << (columns - 1));
        for (std::size_t i = 1; i <= steps.size(); ++i) {
            const int firings = std::countr_zero(i) + 1;
            CHECK(steps[i - 1].firings == firings);
            // A value that is alone is not joined, but where it leaves the unit.
            CHECK(std::max(1, steps[i - 1].joined) == firings);
        }
    }
}

TEST_CASE("lines stand for all 2^C - 1 firings and cover each step once") {
    for (int columns = 1; columns <= max_columns; ++columns) {
        for (const bool whole : {false, true}) {
            CAPTURE(columns);
            const NetworkSpec net = with_columns(columns);
            const std::vector<DrawnStep> steps = steps_of_unit(net);
            const std::vector<DrawnLine> lines = lines_of_unit(net, whole);
            int firings = 0;
            int next = 1;
            for (const DrawnLine& line : lines) {
                CHECK(line.first == next);
                next = line.last + 1;
                firings += line.firings;
                // A line for several steps says that they repeat the first ones: they do.
                for (int i = line.first; line.first != line.last && i <= line.last; ++i) {
                    const DrawnStep& step = steps[static_cast<std::size_t>(i - 1)];
                    const DrawnStep& model = steps[static_cast<std::size_t>(i - line.first)];
                    CHECK(step.firings == model.firings);
                    CHECK(step.joined == model.joined);
                }
            }
            CHECK(firings == (1 << columns) - 1);
            CHECK(next == static_cast<int>(steps.size()) + 1);
            CHECK((whole || lines.size() <= 16));
        }
    }
}

TEST_CASE("the drawing shows each firing and each join, and no character beyond ASCII if asked so") {
    for (int columns = 1; columns <= max_columns; ++columns) {
        CAPTURE(columns);
        const NetworkSpec net = with_columns(columns);
        const std::string text = drawing(net, {.whole = true});
        // One more in the legend.
        CHECK(occurrences(text, "[■]") == std::size_t{1} << columns);
        CHECK(occurrences(text, "mean of") == (columns == 1 ? 0 : std::size_t{1} << (columns - 2)));
        const std::string ascii = drawing(net, {.ascii = true});
        CHECK(std::ranges::all_of(ascii, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(drawing(net, {.colour = true}).find('\x1b') != std::string::npos);
    }
}

TEST_CASE("the parts of a network add up to its costs") {
    for (const Variant* variant : small_registry().all()) {
        CAPTURE(variant->name);
        Part sum;
        for (const Part& part : parts_of(*variant->spec)) {
            sum.firings += part.firings;
            sum.parameters += part.parameters;
            sum.macs += part.macs;
        }
        CHECK(sum.firings == variant->cost.firings);
        CHECK(sum.parameters == variant->cost.parameters);
        CHECK(sum.macs == variant->cost.macs);
    }
    CHECK(cpp_type(spec_of<FractalNet20>).view() ==
          "Network<Input<3, 32, 32>, Depth<5>, Columns<3>, Layers<Conv<3>, BatchNorm, ReLU>, Width<64>, "
          "Head<Flatten, 10>, PoolBeforeJoin, Transition<Conv<1>>, UnitDropout<0, 10, 20, 30, 40>>");
}

TEST_CASE("the picture has a box for each firing, a bar for each join, and no markup from outside") {
    const auto count = [](const std::string& text, std::string_view part) {
        int times = 0;
        for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
        return times;
    };
    for (int columns = 1; columns <= 5; ++columns) {
        CAPTURE(columns);
        const NetworkSpec net = with_columns(columns);
        const std::string svg = svg_of(net, "a <b> & \"c\"");
        CHECK(count(svg, "class=\"firing\"") == firings_of(columns));
        CHECK(count(svg, "class=\"join\"") ==
              steps_of(columns) / 2); // at every second step more than one fires
        CHECK(svg.find("<b>") == std::string::npos);
        CHECK(svg.find("a &lt;b&gt; &amp; &quot;c&quot;") != std::string::npos);
        const std::string dot = dot_of(net, "net");
        CHECK(count(dot, "group=") == net.depth * firings_of(columns));
        CHECK(count(dot, "mean of") == net.depth * (steps_of(columns) / 2));
        CHECK(count(dot, "subgraph") == net.depth);
    }
}
