# The warnings of this project's own targets: link `fractal_warnings` PRIVATE.
include_guard(GLOBAL)

option(FRACTAL_WERROR "Warnings are errors in this project's own targets (the presets turn it on)" OFF)

add_library(fractal_warnings INTERFACE)
target_compile_options(fractal_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-sign-conversion>) # g++'s -Wconversion does not mean it either
if(FRACTAL_WERROR)
    # An unusable precompiled header (foreign flags) costs time only, so it stays a warning.
    target_compile_options(fractal_warnings INTERFACE -Werror
        $<$<CXX_COMPILER_ID:GNU>:-Wno-error=invalid-pch>)
endif()
