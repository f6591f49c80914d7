# LibTorch for the few targets that ask for it: fractal_link_torch(<target>).
#
# The libraries become one imported target of ours instead of those of the package's own files: these set
# global flags, print a page, and ask for a whole CUDA toolkit with its compiler even though nothing here
# compiles CUDA. What they say beyond folders and files is nothing (versions 2.13.0 and 2.14.1).
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/Dependencies.cmake")

set(FRACTAL_TORCH_DIR "$ENV{FRACTAL_TORCH_DIR}" CACHE PATH
    "LibTorch: a Python package folder (.../site-packages/torch) or an unpacked libtorch folder")
set(FRACTAL_PYTHON "" CACHE FILEPATH "Python for the tests; by default the one that LibTorch is installed in")
option(FRACTAL_CUDA "Insist on a LibTorch with CUDA" OFF)

# The root folder (the one with include/ and lib/) of the first LibTorch found, or an empty string.
function(_fractal_torch_root out)
    file(GLOB venv "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
    set(candidates "${FRACTAL_TORCH_DIR}")
    if(NOT FRACTAL_TORCH_DIR)
        set(prefixes "${CMAKE_PREFIX_PATH}")
        if(DEFINED ENV{CMAKE_PREFIX_PATH})
            string(REPLACE ":" ";" from_environment "$ENV{CMAKE_PREFIX_PATH}")
            list(APPEND prefixes ${from_environment})
        endif()
        list(APPEND candidates "${Torch_DIR}/../../.." "$ENV{Torch_DIR}/../../.." ${prefixes} ${venv}
            "${FRACTAL_TORCH_BUILT_WITH}") # what an installation was built against
    endif()
    set(${out} "" PARENT_SCOPE)
    foreach(candidate IN LISTS candidates)
        # Also taken: share/cmake, which PyTorch tells for CMAKE_PREFIX_PATH, and in it the folder of TorchConfig.cmake,
        # which is what Torch_DIR usually means.
        foreach(root IN ITEMS "${candidate}" "${candidate}/../.." "${candidate}/../../..")
            if(EXISTS "${root}/include/torch/csrc/api/include/torch/torch.h" AND EXISTS "${root}/lib/libtorch.so")
                file(REAL_PATH "${root}" root)
                set(${out} "${root}" PARENT_SCOPE)
                return()
            endif()
        endforeach()
    endforeach()
endfunction()

# The version of the LibTorch in <root>, without the local part (2.13.0+cpu is 2.13.0).
function(_fractal_torch_version out root)
    set(header "${root}/include/torch/headeronly/version.h")
    if(NOT EXISTS "${header}")
        set(header "${root}/include/torch/csrc/api/include/torch/version.h")
    endif()
    set(version "")
    foreach(part IN ITEMS MAJOR MINOR PATCH)
        file(STRINGS "${header}" line REGEX "^#define TORCH_VERSION_${part} ")
        string(REGEX REPLACE "[^0-9]" "" number "${line}")
        list(APPEND version "${number}")
    endforeach()
    list(JOIN version "." version)
    set(${out} "${version}" PARENT_SCOPE)
endfunction()

# fractal_look_for_torch(<out> [<version>]): defines LibTorch::LibTorch and sets, in the cache, what others ask about
# it: FRACTAL_TORCH_ROOT, FRACTAL_TORCH_VERSION, FRACTAL_TORCH_HAS_CUDA, FRACTAL_PYTHON (empty if there is none).
# <out> becomes why there is no LibTorch, or none of that very version, or nothing where there is one.
function(fractal_look_for_torch out)
    set(${out} "" PARENT_SCOPE)
    if(TARGET LibTorch::LibTorch)
        return()
    endif()
    _fractal_torch_root(root)
    if(NOT root)
        set(looked "FRACTAL_TORCH_DIR='${FRACTAL_TORCH_DIR}'")
        if(NOT FRACTAL_TORCH_DIR)
            set(looked "FRACTAL_TORCH_DIR (empty), Torch_DIR, CMAKE_PREFIX_PATH and .venv")
        endif()
        fractal_dependency_rows(wanted torch)
        list(TRANSFORM wanted REPLACE "^torch\\|" "")
        list(GET wanted 0 wanted)
        if(ARGN)
            set(wanted "${ARGN}")
        endif()
        set(${out} "fractal: no LibTorch found in ${looked}.\n\
Install one, such as pip's package torch==${wanted}, and give its folder:\n\
  -DFRACTAL_TORCH_DIR=/path/to/site-packages/torch" PARENT_SCOPE)
        return()
    endif()
    _fractal_torch_version(version "${root}")
    if(ARGN AND NOT version VERSION_EQUAL ARGN)
        set(${out} "fractal: ${root} is LibTorch ${version}, and the installed libfractal_torch.so needs ${ARGN}, which it \
was built against; name that one in FRACTAL_TORCH_DIR, or build and install fractal against this one." PARENT_SCOPE)
        return()
    endif()
    fractal_dependency_rows(tested torch)
    list(TRANSFORM tested REPLACE "^torch\\|" "")
    if(NOT version IN_LIST tested)
        list(JOIN tested ", " tested)
        message(WARNING "fractal: LibTorch ${version} in ${root} is not one of the tested versions (${tested}).")
    endif()

    set(libraries "")
    set(has_cuda OFF)
    foreach(name IN ITEMS torch torch_cpu c10 torch_cuda c10_cuda)
        if(EXISTS "${root}/lib/lib${name}.so")
            list(APPEND libraries "${root}/lib/lib${name}.so")
        endif()
    endforeach()
    add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)
    set(includes "${root}/include" "${root}/include/torch/csrc/api/include")
    set(links_cuda OFF)
    if(EXISTS "${root}/lib/libtorch_cuda.so")
        set(links_cuda ON)
        set(has_cuda ON)
        # The wheel's own CUDA headers stand beside it, all but those of crt/ and nv/, which are packages of
        # their own; what is missing is taken from a toolkit.
        file(GLOB cuda_includes "${root}/../nvidia/cu*/include" "${root}/../nvidia/cuda_runtime/include")
        find_path(crt NAMES crt/host_config.h PATHS ${cuda_includes} NO_DEFAULT_PATH NO_CACHE)
        find_path(nv NAMES nv/target PATHS ${cuda_includes} NO_DEFAULT_PATH NO_CACHE)
        if(NOT crt OR NOT nv)
            find_package(CUDAToolkit QUIET)
            list(APPEND cuda_includes ${CUDAToolkit_INCLUDE_DIRS})
            if(NOT CUDAToolkit_FOUND AND FRACTAL_CUDA)
                message(FATAL_ERROR "fractal: the CUDA headers beside ${root} are not complete (crt/, nv/).\n"
                    "Install the rest, pip install 'cuda-toolkit[crt,cccl]', or a CUDA toolkit.")
            elseif(NOT CUDAToolkit_FOUND)
                # A LibTorch with CUDA that nobody insisted on, such as pip's default: its CPU part will do.
                message(STATUS "The CUDA headers beside LibTorch are not complete: what needs them is left out "
                    "(./dev build --preset cuda installs them)")
                set(has_cuda OFF)
            endif()
        endif()
        if(has_cuda)
            list(APPEND includes ${cuda_includes})
        endif()
    elseif(FRACTAL_CUDA)
        message(FATAL_ERROR "fractal: FRACTAL_CUDA is on, but the LibTorch in ${root} has no libtorch_cuda.so.\n"
            "Give one that has, -DFRACTAL_TORCH_DIR=/path/to/site-packages/torch, or run "
            "./dev build --preset cuda, which installs one.")
    endif()
    # libtorch registers its operators and devices when it is loaded, so the linker may not leave parts out;
    # the libraries of the CUDA driver are not there on a machine without a GPU.
    list(TRANSFORM libraries PREPEND "\"") # quoted, as CMake hands such an item on as it is
    list(TRANSFORM libraries APPEND "\"")
    list(JOIN libraries "," libraries)
    set_target_properties(LibTorch::LibTorch PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${includes}"
        INTERFACE_LINK_LIBRARIES "-Wl,--push-state,--no-as-needed,${libraries},--pop-state"
        INTERFACE_LINK_OPTIONS "-Wl,-rpath,${root}/lib;$<$<BOOL:${links_cuda}>:-Wl,--allow-shlib-undefined>"
        # LibTorch's include folder holds another fmt than the system's library: as headers only, either works.
        INTERFACE_COMPILE_DEFINITIONS "FMT_HEADER_ONLY=1")

    if(NOT FRACTAL_PYTHON)
        file(GLOB python "${root}/../../../../bin/python3") # <venv>/lib/python3.x/site-packages/torch
        file(GLOB venv_python "${PROJECT_SOURCE_DIR}/.venv/bin/python3")
        list(APPEND venv_python ${python})
        foreach(python IN LISTS venv_python)
            cmake_path(NORMAL_PATH python)
            execute_process(COMMAND "${python}" -c
                "import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in ('torch', 'numpy')))"
                RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
            if(NOT failed)
                set_property(CACHE FRACTAL_PYTHON PROPERTY VALUE "${python}")
                break()
            endif()
        endforeach()
    endif()
    if(NOT FRACTAL_TORCH_ROOT STREQUAL root)
        message(STATUS "LibTorch ${version} in ${root}")
    endif()
    set(FRACTAL_TORCH_ROOT "${root}" CACHE INTERNAL "folder with LibTorch's include and lib")
    set(FRACTAL_TORCH_VERSION "${version}" CACHE INTERNAL "version of that LibTorch")
    set(FRACTAL_TORCH_HAS_CUDA "${has_cuda}" CACHE INTERNAL "whether that LibTorch has CUDA, and the headers for it are there")
endfunction()

# fractal_find_torch(): the same, and ends with that message where there is none.
function(fractal_find_torch)
    fractal_look_for_torch(fault)
    if(fault)
        message(FATAL_ERROR "${fault}\nIn this project's folder, ./dev setup installs one into .venv.")
    endif()
endfunction()

# How many LibTorch units compile at once: each takes up to 2 GiB, of the machine's memory or of its container's.
function(_fractal_torch_job_pool)
    cmake_host_system_information(RESULT memory QUERY TOTAL_PHYSICAL_MEMORY)
    set(limit max)
    if(EXISTS /sys/fs/cgroup/memory.max)
        file(STRINGS /sys/fs/cgroup/memory.max limit)
    endif()
    if(limit MATCHES "^[0-9]+$")
        math(EXPR limit "${limit} >> 20")
        if(limit LESS memory)
            set(memory ${limit})
        endif()
    endif()
    cmake_host_system_information(RESULT jobs QUERY NUMBER_OF_LOGICAL_CORES)
    math(EXPR fitting "${memory} / 2048")
    if(fitting LESS jobs)
        set(jobs ${fitting})
    endif()
    if(jobs LESS 1)
        set(jobs 1)
    endif()
    set_property(GLOBAL APPEND PROPERTY JOB_POOLS fractal_torch_compile=${jobs})
endfunction()

# What has to be the same for the precompiled header and every unit that uses it. Executables are compiled
# with -fPIC like libraries (CMake would say -fPIE), or the compiler refuses the header.
function(_fractal_torch_flags target)
    set_target_properties(${target} PROPERTIES
        CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
        POSITION_INDEPENDENT_CODE OFF JOB_POOL_COMPILE fractal_torch_compile)
    target_compile_options(${target} PRIVATE -fPIC $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
    # -Wpedantic counts, too.
    target_link_libraries(${target} PRIVATE LibTorch::LibTorch $<TARGET_NAME_IF_EXISTS:fractal_warnings>)
endfunction()

# fractal_link_torch(<target> [NO_PCH])
#
# For targets with units that include LibTorch, below the wall (docs/design.md): links it and fractal_warnings
# PRIVATE, and reuses the one precompiled torch/torch.h unless NO_PCH is given. fractal::torch alone brings LibTorch too,
# without these.
function(fractal_link_torch target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "NO_PCH" "" "")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "fractal_link_torch(${target}): expected [NO_PCH], got '${arg_UNPARSED_ARGUMENTS}'")
    endif()
    fractal_find_torch()
    get_property(pools GLOBAL PROPERTY JOB_POOLS)
    if(NOT pools MATCHES "fractal_torch_compile=")
        _fractal_torch_job_pool()
    endif()
    _fractal_torch_flags(${target})
    if(arg_NO_PCH)
        return()
    endif()
    if(NOT TARGET fractal_torch_pch)
        file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/fractal_torch_pch.cpp"
            CONTENT "// Carries the precompiled torch/torch.h; empty by itself.\n")
        add_library(fractal_torch_pch OBJECT "${PROJECT_BINARY_DIR}/fractal_torch_pch.cpp")
        _fractal_torch_flags(fractal_torch_pch)
        target_precompile_headers(fractal_torch_pch PRIVATE <torch/torch.h>)
    endif()
    target_precompile_headers(${target} REUSE_FROM fractal_torch_pch)
endfunction()
