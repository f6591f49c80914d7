// Names that resemble one that was not found.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/near_misses.hpp"

using namespace fractal;
using Names = std::vector<std::string>;

TEST_CASE("near misses are ordered by edit distance, then by length and alphabet") {
    const std::vector<std::string_view> names{"constant", "cosine", "step", "stop", "one-cycle"};
    CHECK(near_misses("cosin", names) == Names{"cosine"});
    CHECK(near_misses("stp", names) == Names{"step", "stop"});
    CHECK(near_misses("stpe", names) == Names{"step"}); // a swap is one edit
    CHECK(near_misses("COSINE", names) == Names{"cosine"});
    CHECK(near_misses("linear", names).empty());
    CHECK(near_misses("", names).empty());
}

TEST_CASE("an unfinished name and a pattern find their continuations") {
    const std::vector<std::string_view> names{"paper/d3-c2-conv3.bn", "paper/d3-c2-conv3",
                                              "paper/d3-c3-conv3.bn.relu", "compact/d3-c2-conv1"};
    CHECK(near_misses("paper/d3-c2", names).front() == "paper/d3-c2-conv3");
    CHECK(near_misses("paper/d3-c9-*", names) ==
          Names{"paper/d3-c2-conv3", "paper/d3-c2-conv3.bn", "paper/d3-c3-conv3.bn.relu"});
    CHECK(near_misses("paper/d3-c2-conv3.nb", names).front() == "paper/d3-c2-conv3.bn");
}

TEST_CASE("never more than asked for, and each name once") {
    const std::vector<std::string_view> names{"aaa", "aab", "aac", "aab", "aad", "aae"};
    CHECK(near_misses("aab", names, 2) == Names{"aab", "aaa"});
    CHECK(near_misses("aab", names, 0).empty());
    CHECK(near_misses("aab", names, 9).size() == 5);
}

TEST_CASE("the phrase for a message") {
    const std::vector<std::string_view> names{"step", "stem", "steed", "x"};
    CHECK(did_you_mean("sted", names) == "; did you mean stem, step or steed?");
    CHECK(did_you_mean("sten", std::span(names).first(1)) == "; did you mean step?");
    CHECK(did_you_mean("zzzz", names).empty());
}
