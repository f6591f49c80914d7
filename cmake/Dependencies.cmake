# Finds the libraries that cmake/dependencies.txt names, and reports everything that is missing at once.
include_guard(GLOBAL)

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/dependencies.txt")

# fractal_dependency_rows(<out> <kind>): the rows of that kind, each with its words joined by '|'.
function(fractal_dependency_rows out kind)
    file(STRINGS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/dependencies.txt" lines REGEX "^${kind}[ \t]")
    set(rows "")
    foreach(line IN LISTS lines)
        string(STRIP "${line}" line)
        string(REGEX REPLACE "[ \t]+" "|" line "${line}")
        list(APPEND rows "${line}")
    endforeach()
    set(${out} "${rows}" PARENT_SCOPE)
endfunction()

# fractal_look_for_dependencies(<out> <part>...): looks for the libraries of the parts `core`, `driver`, `build`,
# `tests`, `bench`. <out> becomes what a person needs to know of those that are missing, or nothing.
# Called in the top-level CMakeLists.txt, the imported targets are visible everywhere: Boost::headers;
# SQLite::SQLite3, protobuf::libprotobuf-lite with protobuf_generate(); CLI11::CLI11, nlohmann_json::nlohmann_json,
# fmt::fmt, Protozero::protozero, CURL::libcurl, LibArchive::LibArchive, OpenSSL::Crypto;
# doctest::doctest; benchmark::benchmark; Threads::Threads.
function(fractal_look_for_dependencies out)
    if(POLICY CMP0167)
        cmake_policy(SET CMP0167 NEW) # Boost's own package file, not CMake's module
    endif()
    list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}") # for what brings no package file of its own
    find_package(Threads REQUIRED QUIET)
    set(missing "")
    set(packages "")
    fractal_dependency_rows(rows apt)
    foreach(row IN LISTS rows)
        string(REPLACE "|" ";" row "${row}")
        list(GET row 1 apt)
        list(GET row 2 version)
        list(GET row 3 package)
        list(GET row 4 part)
        if(NOT part IN_LIST ARGN)
            continue()
        endif()
        find_package(${package} ${version} QUIET)
        if(NOT ${package}_FOUND)
            string(APPEND missing "  ${package} >= ${version}\n")
            string(APPEND packages " ${apt}")
        endif()
    endforeach()
    set(${out} "" PARENT_SCOPE)
    if(missing)
        set(${out} "fractal: libraries are missing or too old:\n${missing}\
On Debian 12 or Ubuntu 22.04 and later:\n  sudo apt-get install${packages}\n\
Elsewhere, add their folders to CMAKE_PREFIX_PATH." PARENT_SCOPE)
    endif()
endfunction()

# fractal_find_dependencies(<part>...): the same, and ends with that message where something is missing.
function(fractal_find_dependencies)
    fractal_look_for_dependencies(fault ${ARGN})
    if(fault)
        message(FATAL_ERROR "${fault}\nIn this project's folder, ./dev setup installs them.")
    endif()
endfunction()

# fractal_use_ccache(): compiles through ccache where it is installed and no other launcher is set.
function(fractal_use_ccache)
    if(CMAKE_CXX_COMPILER_LAUNCHER)
        return()
    endif()
    find_program(FRACTAL_CCACHE ccache DOC "ccache, used when found; set to empty to do without")
    if(FRACTAL_CCACHE)
        # A precompiled header is looked at by its content, not by the time it was written.
        set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
            "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
            "${FRACTAL_CCACHE}" PARENT_SCOPE)
    endif()
endfunction()
