// The files of src/report/page, which the build puts into the program (page_files.cpp.in).
#pragma once

#include <string_view>

namespace fractal::report {

/// The page with marks for its parts, in this order: @STYLE@, @PLOTLY@, @DATA@, @SCRIPT@.
extern const std::string_view page_frame;
extern const std::string_view page_style;
extern const std::string_view page_script;

} // namespace fractal::report
