// The version of the program, as the build states it.
#pragma once

#include <string_view>

namespace fractal {

#ifndef FRACTAL_VERSION
#error \
    "FRACTAL_VERSION is the project's version as a string literal; the CMakeLists.txt of who includes this define it"
#endif
inline constexpr std::string_view version = FRACTAL_VERSION;

} // namespace fractal
