// What people read and type: patterns, quantities, tables, words of a shell.
#include "check.hpp"

#include <limits>
#include <string>

#include "base/error.hpp"
#include "base/glob.hpp"
#include "driver/command_line.hpp"
#include "driver/program.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"

using namespace fractal;
using namespace fractal::driver;

TEST_CASE("globs describe whole names") {
    CHECK(glob_matches("paper/d3-c2-*", "paper/d3-c2-conv3.bn"));
    CHECK_FALSE(glob_matches("paper/d3-c2-*", "paper/d3-c20-conv3"));
    CHECK(glob_matches("*", ""));
    CHECK(glob_matches("*bn*relu", "paper/d1-c1-bn.conv3.relu"));
    CHECK_FALSE(glob_matches("*bn*relu", "paper/d1-c1-bn.relu.conv3"));
    CHECK(glob_matches("paper/d[12]-c?-conv3", "paper/d2-c4-conv3"));
    CHECK_FALSE(glob_matches("paper/d[12]-c?-conv3", "paper/d3-c4-conv3"));
    CHECK(glob_matches("d[1-3]", "d2"));
    CHECK_FALSE(glob_matches("d[!1-3]", "d2"));
    CHECK(glob_matches("d[!1-3]", "d4"));
    CHECK(glob_matches("a[b", "a[b"));
    CHECK_FALSE(glob_matches("paper", "paper/d1"));
    CHECK_FALSE(glob_matches("?", ""));
    CHECK_FALSE(glob_matches("", "x"));
    // Backtracking to every star would take longer than the universe.
    CHECK_FALSE(glob_matches("a*a*a*a*a*a*a*a*a*a*b", std::string(500, 'a')));
}

TEST_CASE("quantities have three digits and a unit") {
    CHECK(count_text(0) == "0");
    CHECK(count_text(999) == "999");
    CHECK(count_text(1000) == "1.00 k");
    CHECK(count_text(999'499) == "999 k");
    CHECK(count_text(999'500) == "1.00 M");
    CHECK(count_text(13'316'490) == "13.3 M");
    CHECK(bytes_text(1023) == "1023 B");
    CHECK(bytes_text(1024) == "1.00 KiB");
    CHECK(bytes_text(std::int64_t{3} << 30U) == "3.00 GiB");
    CHECK(grouped_text(13'316'490) == "13,316,490");
    CHECK(grouped_text(100) == "100");
    CHECK(grouped_text(-1234) == "-1,234");
    CHECK(percent_text(0.6125) == "61.25 %");
    CHECK(percent_text(std::numeric_limits<double>::quiet_NaN()) == "-");
    CHECK(percent_text(std::nullopt) == "-");
}

TEST_CASE("sizes are read") {
    CHECK(parse_bytes("--memory-budget", "512MiB") == std::int64_t{512} << 20U);
    CHECK(parse_bytes("--memory-budget", "1.5GiB") == std::int64_t{3} << 29U);
    CHECK(parse_bytes("--memory-budget", "70000B") == 70000);
    for (const char* text :
         {"", "2", "GiB", "-1GiB", "0GiB", "2GB", "2 GiB", "1e3MiB", "nanGiB", "9999999TiB"}) {
        CAPTURE(std::string(text));
        CHECK_THROWS_WITH_AS(parse_bytes("--memory-budget", text),
                             doctest::Contains("expected a size above 0, such as 512MiB"),
                             fractal::UsageError);
    }
}

TEST_CASE("durations are read and written") {
    CHECK(duration_text(0.04) == "0.0 s");
    CHECK(duration_text(9.96) == "10 s");
    CHECK(duration_text(200) == "3 min 20 s");
    CHECK(duration_text(7500) == "2 h 05 min");
    CHECK(duration_text(3 * 86400 + 4 * 3600) == "3 d 4 h");
    CHECK(duration_text(std::numeric_limits<double>::quiet_NaN()) == "-");
    CHECK(parse_duration("--time-limit", "90") == 90);
    CHECK(parse_duration("--time-limit", "1h30m") == 5400);
    CHECK(parse_duration("--time-limit", "0.5d") == 43200);
    for (const char* text : {"", "0", "3x", "m", "-5s", "1h-5m", "nan", "1e3"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_duration("--time-limit", text), UsageError);
    }
}

TEST_CASE("text fits its place on a terminal") {
    CHECK(display_width("3×32") == 4);
    CHECK(display_width("\x1b[31mred\x1b[0m") == 3);
    CHECK(cut_to("abcdef", 4) == "abc…");
    CHECK(cut_to("××××", 4) == "××××");
    CHECK(cut_to("×××××", 4) == "×××…");
    CHECK(paint(false, Ink::red, "x") == "x");
    CHECK(wrapped("one two three", 9, 2) == "one two\n  three");

    Table table({{"name"}, {"MACs", Align::right}});
    table.add({"a×b", "1"});
    table.add({"longer", "1234567"});
    CHECK(table.text() == "name       MACs\na×b           1\nlonger  1234567\n");
}

TEST_CASE("what is printed to be typed again is quoted for a shell") {
    CHECK(shell_word("runs/first") == "runs/first");
    CHECK(shell_word("compact/d1-*") == "'compact/d1-*'");
    CHECK(shell_word("it's") == "'it'\\''s'");
    CHECK(shell_word("") == "''");
}
