// The page as a file: whatever a run holds, it stays text in it.
#include "report/page.hpp"

#include "check.hpp"

using namespace fractal;

namespace {

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

/// The document that the page holds.
reflect::Json data_of(std::string_view page) {
    constexpr std::string_view begin = R"(<script type="application/json" id="data">)";
    const std::size_t at = page.find(begin) + begin.size();
    return reflect::Json::parse(page.substr(at, page.find("</script>", at) - at));
}

} // namespace

TEST_CASE("no text of a run ends its element, and none is lost") {
    const std::string empty = report::page({{"reason", ""}}, "plotly");
    for (const char* reason : {"</script><script>alert(1)</script>", "<!-- <script>",
                               "@SCRIPT@ @PLOTLY@ @DATA@", "\"\\ &amp; \u2028", "]]>"}) {
        CAPTURE(reason);
        const std::string page = report::page({{"reason", reason}}, "plotly");
        CHECK(data_of(page)["reason"] == reason);
        CHECK(count_of(page, "<script") == count_of(empty, "<script"));
        CHECK(count_of(page, "</script") == count_of(empty, "</script"));
        CHECK(count_of(page, "<!--") == count_of(empty, "<!--"));
    }
}

TEST_CASE("bytes that are no UTF-8 become the character for that") {
    CHECK(data_of(report::page({{"reason", "a\xff"}}, ""))["reason"] == "a\ufffd");
}

TEST_CASE("the page holds all its parts and asks for none") {
    const std::string page = report::page({{"a", 1}}, "/* plotly stands here */");
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(count_of(page, "/* plotly stands here */") == 1);
    for (const char* mark :
         {"@STYLE@", "@PLOTLY@", "@DATA@", "@SCRIPT@", " src=\"", "<link rel=\"stylesheet", "@import"})
        CHECK(count_of(page, mark) == 0);
}
