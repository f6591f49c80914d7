# Compiles each public header alone, so that none leans on what another happened to include.
include_guard(GLOBAL)

# fractal_add_header_tests(<name> ROOT <folder> FOLDERS <folder>... [LINK <target>...] [TORCH])
#
# Object library <name>: one generated unit for each *.hpp under ROOT/FOLDERS, which includes it twice (the
# second time shows a missing include guard). ROOT is the folder that #include paths start from. With TORCH
# the units may include LibTorch; without, they must not. The precompiled header is not used: it would hide
# a missing include.
function(fractal_add_header_tests name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "ROOT" "FOLDERS;LINK")
    if(NOT arg_ROOT OR NOT arg_FOLDERS OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "fractal_add_header_tests(${name}): expected ROOT <folder> FOLDERS <folder>... "
            "[LINK <target>...] [TORCH], got '${ARGN}'")
    endif()
    list(TRANSFORM arg_FOLDERS REPLACE "(.+)" "${arg_ROOT}/\\1/*.hpp" OUTPUT_VARIABLE patterns)
    file(GLOB_RECURSE headers RELATIVE "${arg_ROOT}" CONFIGURE_DEPENDS ${patterns})
    if(NOT headers)
        message(FATAL_ERROR "fractal_add_header_tests(${name}): no *.hpp in ${patterns}")
    endif()
    set(units "")
    foreach(header IN LISTS headers)
        string(MAKE_C_IDENTIFIER "${header}" unit)
        set(unit "${CMAKE_CURRENT_BINARY_DIR}/${name}/${unit}.cpp")
        file(CONFIGURE OUTPUT "${unit}" CONTENT "#include <${header}>\n#include <${header}> // guarded\n")
        list(APPEND units "${unit}")
    endforeach()
    add_library(${name} OBJECT ${units})
    target_include_directories(${name} PRIVATE "${arg_ROOT}")
    target_compile_features(${name} PRIVATE cxx_std_20)
    target_link_libraries(${name} PRIVATE fractal_warnings ${arg_LINK})
    if(arg_TORCH)
        fractal_link_torch(${name} NO_PCH)
    endif()
endfunction()
