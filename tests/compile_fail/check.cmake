# Compiles one specimen and judges what the compiler says. Called by ctest as
#   cmake -DSOURCE=... -DTWIN=ON|OFF -DCOMPILER=... -DINCLUDES=<folder>[:<folder>...] -P check.cmake
#
# The twin must compile. The specimen must fail with one error, and with the text of its `// expect:` lines,
# joined by blanks, in one line of the output.
cmake_minimum_required(VERSION 3.25)

string(REPLACE ":" ";" includes "${INCLUDES}")
list(TRANSFORM includes PREPEND "-I")
set(command "${COMPILER}" -std=c++20 -Wall -Wextra -fsyntax-only ${includes})
if(TWIN)
    list(APPEND command -DFRACTAL_TWIN)
endif()
set(ENV{LC_ALL} C)
execute_process(COMMAND ${command} "${SOURCE}"
    RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)

if(TWIN)
    if(NOT status STREQUAL "0")
        message(FATAL_ERROR "the twin must compile, but the compiler ends with ${status}:\n${said}")
    endif()
    return()
endif()

file(READ "${SOURCE}" source)
string(REGEX MATCH "(// expect: [^\n]*\n)+" expected "${source}")
string(REGEX REPLACE "\n?// expect:" "" expected "${expected}")
string(STRIP "${expected}" expected)
if(expected STREQUAL "")
    message(FATAL_ERROR "${SOURCE} has no line `// expect: <text>`")
endif()
if(status STREQUAL "0")
    message(FATAL_ERROR "compiles, but must fail with: ${expected}")
endif()

# clang++ shows a long text in pieces: Text<31>{"..."}, Text<12>{"..."}.
string(REGEX REPLACE "\"}, fractal::Text<[0-9]+>{\"" "" joined "${said}")
string(FIND "${joined}" "${expected}" found)
if(found EQUAL -1)
    message(FATAL_ERROR "the message lacks: ${expected}\nThe compiler says:\n${said}")
endif()
string(REGEX MATCHALL " error: " errors "${said}")
list(LENGTH errors count)
if(NOT count EQUAL 1 OR NOT said MATCHES " error: static assertion failed")
    message(FATAL_ERROR
        "${count} errors where one failed static_assert should stand. The compiler says:\n${said}")
endif()
