# FRACTAL_CLANG: a clang++ of 16 or later beside the compiler of the build, for tests that take seconds. Empty where
# there is none, and where the build's own compiler is clang++.
include_guard(GLOBAL)

find_program(FRACTAL_CLANG NAMES clang++-16 clang++-17 clang++-18 clang++-19 clang++-20 clang++-21 clang++
    DOC "clang++ 16 or later, for the tests of headers and messages")
if(FRACTAL_CLANG)
    execute_process(COMMAND "${FRACTAL_CLANG}" -dumpversion OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" OR version VERSION_LESS 16)
        set(FRACTAL_CLANG "")
    endif()
endif()
if(NOT FRACTAL_CLANG)
    set(FRACTAL_CLANG "")
endif()
if(NOT FRACTAL_CLANG AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(STATUS "fractal: no clang++ 16 or later, so headers and messages are tested under ${CMAKE_CXX_COMPILER_ID} alone")
endif()
