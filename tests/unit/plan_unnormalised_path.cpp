// Convolutions in a row without a normalisation, against paths short enough to count.
#include <doctest/doctest.h>

#include <string_view>
#include <utility>

#include <fractal/plan/unnormalised_path.hpp>
#include <fractal/spec/parse.hpp>

using namespace fractal;

TEST_CASE("convolutions in a row are those of the longest path, from one normalisation to the next") {
    for (const auto& [name, convolutions] :
         {std::pair<std::string_view, std::int64_t>{"net/3x32x32-d1-c1-w16-gap10-conv3", 1},
          {"net/3x32x32-d1-c4-w16-gap10-conv3.relu", 8}, // of firings of the deepest column
          {"net/3x32x32-d3-c3-w16-gap10-conv3.drop20", 3 * 4},
          {"net/3x32x32-d3-c5-w16-gap10-relu.conv1.conv3", 3 * 16 * 2},
          {"net/3x32x32-d3-c2-w16-gap10-conv3.relu-t1", 3 * (2 + 1)}, // with the transitions
          {"net/3x32x32-d3-c5-w16-gap10-conv3.bn.relu", 1},
          {"net/3x32x32-d3-c5-w16-gap10-bn.conv3.conv1", 2},
          {"net/3x32x32-d1-c1-w16-gap10-conv1.bn.conv3", 1}, // before, and after
          {"net/3x32x32-d1-c2-w16-gap10-conv1.bn.conv3", 2}, // of one firing the last, of the next the first
          {"net/3x32x32-d2-c2-w16-gap10-conv3.bn-t1", 2}}) { // a transition, and the first of its unit
        CAPTURE(name);
        CHECK(unnormalised_path(parse_full_name(name).net) == convolutions);
    }
}
