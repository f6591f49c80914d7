// A report as one HTML page that needs no other file and no network.
#pragma once

#include <string>
#include <string_view>

#include "reflect/json.hpp"

namespace fractal::report {

/// The page that shows `data`, the document of `report_data`. `plotly` is the text of Plotly's JavaScript.
/// Whatever the results hold, also bytes that are no UTF-8, is text in it and never markup or code.
std::string page(const reflect::Json& data, std::string_view plotly);

} // namespace fractal::report
