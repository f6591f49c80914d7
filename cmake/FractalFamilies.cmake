# Families of networks and registries of compiled variants; for this project and for those that add or find it:
#
#     add_subdirectory(fractal)        # or find_package(fractal REQUIRED COMPONENTS core)
#     fractal_add_family(NAME mine …)
#     fractal_add_registry(my_registry FAMILIES mine)
#     target_link_libraries(my_program PRIVATE my_registry)
#
# CMake expands axes into rows and emits modules. What is a network, which are the same and how they are named
# is decided in C++: by generator/catalogue.cpp, which is built from the same headers while configuring.
#
# Who includes this file says in FRACTAL_INCLUDE_DIR where <fractal/…> is, and defines the target fractal::core.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/generator/HostProgram.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/generator/Emission.cmake")

set_property(GLOBAL PROPERTY FRACTAL_GENERATOR_DIR "${CMAKE_CURRENT_LIST_DIR}/generator")
cmake_path(SET _fractal_src NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../src")
set_property(GLOBAL PROPERTY FRACTAL_GENERATOR_INCLUDES "${FRACTAL_INCLUDE_DIR}" "${_fractal_src}")
set_property(GLOBAL PROPERTY FRACTAL_GENERATOR_SOURCES "${CMAKE_CURRENT_LIST_DIR}/generator/catalogue.cpp"
    "${_fractal_src}/base/glob.cpp" "${_fractal_src}/base/near_misses.cpp")

# ---- families ----------------------------------------------------------------------------------------------

# All ordered selections without repetition, the short ones first: a b -> a b a.b b.a.
function(_fractal_ordered_selections out)
    set(selections "")
    set(longest "${ARGN}")
    while(longest)
        list(APPEND selections ${longest})
        set(longer "")
        foreach(selection IN LISTS longest)
            string(REPLACE "." ";" taken "${selection}")
            foreach(layer IN LISTS ARGN)
                if(NOT layer IN_LIST taken)
                    list(APPEND longer "${selection}.${layer}")
                endif()
            endforeach()
        endforeach()
        set(longest "${longer}")
    endwhile()
    set(${out} "${selections}" PARENT_SCOPE)
endfunction()

# The paths as CMake itself takes them: from the folder whose CMakeLists.txt names them.
function(_fractal_absolute out)
    set(paths "")
    foreach(path IN LISTS ARGN)
        cmake_path(ABSOLUTE_PATH path NORMALIZE)
        list(APPEND paths "${path}")
    endforeach()
    set(${out} "${paths}" PARENT_SCOPE)
endfunction()

# fractal_add_family(
#     NAME    <name>                 lower-case letters, digits and dashes
#     INPUT   <channels>x<height>x<width>
#     DEPTHS  <n>...
#     COLUMNS <n>...
#     LAYERS  <layer>...             every ordered selection of these without repetition, or
#     ORDERS  <layer>.<layer>...     these orders
#     WIDTH   <channels of unit 0>
#     HEAD    flat<classes> | gap<classes>
#     [OPTIONS  [prejoin] [t1] [ud<percent>.<percent>...] [dp<mode>]]
#     [HEADERS  <include path>...]   of layers of the project's own, and
#     [ALPHABET <type list>]         what their names are looked up in: a list of layers, ours included
#     [INCLUDES <folder>...]         where HEADERS, and what they include, are found
#     [LINK     <target>...])        what the modules need besides, once they are built: the catalogue is made while
#                                    CMake runs, and knows no targets
#
# Describes a family; nothing is built until a registry asks for it. Rows that are no network, or the same one
# as an earlier row, are culled.
function(fractal_add_family)
    set(one NAME INPUT WIDTH HEAD ALPHABET)
    set(required NAME INPUT DEPTHS COLUMNS WIDTH HEAD)
    set(many DEPTHS COLUMNS LAYERS ORDERS OPTIONS HEADERS INCLUDES LINK)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "${one}" "${many}")
    foreach(word IN LISTS required)
        if(NOT arg_${word})
            message(FATAL_ERROR "fractal_add_family(NAME ${arg_NAME}): ${word} is missing; it needs ${required}, "
                "and LAYERS or ORDERS")
        endif()
    endforeach()
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME MATCHES "^[a-z][a-z0-9-]*$")
        message(FATAL_ERROR "fractal_add_family(NAME ${arg_NAME}): expected a name of lower-case letters, digits "
            "and dashes and the axes ${required}, LAYERS or ORDERS; got also '${arg_UNPARSED_ARGUMENTS}'")
    endif()
    if(arg_NAME MATCHES "^(alignas|alignof|and|and-eq|asm|auto|bitand|bitor|bool|break|case|catch|char|char(8|16|32)-t|class|co-await|co-return|co-yield|compl|concept|const|constexpr|const-cast|consteval|constinit|continue|decltype|default|delete|do|double|dynamic-cast|else|enum|explicit|export|extern|false|float|for|friend|goto|if|inline|int|long|mutable|namespace|new|noexcept|not|not-eq|nullptr|operator|or|or-eq|private|protected|public|register|reinterpret-cast|requires|return|short|signed|sizeof|static|static-assert|static-cast|struct|switch|template|this|thread-local|throw|true|try|typedef|typeid|typename|union|unsigned|using|virtual|void|volatile|wchar-t|while|xor|xor-eq)$")
        message(FATAL_ERROR "fractal_add_family(NAME ${arg_NAME}): the name becomes one in C++, where it is a keyword; "
            "expected another, such as ${arg_NAME}-nets")
    endif()
    if((arg_LAYERS AND arg_ORDERS) OR NOT (arg_LAYERS OR arg_ORDERS))
        message(FATAL_ERROR "fractal_add_family(NAME ${arg_NAME}): give either LAYERS or ORDERS")
    endif()
    get_property(known GLOBAL PROPERTY FRACTAL_FAMILY_${arg_NAME}_ROWS SET)
    if(known)
        message(FATAL_ERROR "fractal_add_family(NAME ${arg_NAME}): there is a family of that name already")
    endif()

    set(orders "${arg_ORDERS}")
    if(arg_LAYERS)
        _fractal_ordered_selections(orders ${arg_LAYERS})
    endif()
    set(options "")
    foreach(option IN LISTS arg_OPTIONS)
        string(APPEND options "-${option}")
    endforeach()
    set(rows "")
    foreach(depth IN LISTS arg_DEPTHS)
        foreach(columns IN LISTS arg_COLUMNS)
            foreach(order IN LISTS orders)
                string(APPEND rows "${arg_NAME}\tnet/${arg_INPUT}-d${depth}-c${columns}-w${arg_WIDTH}-${arg_HEAD}"
                    "-${order}${options}\n")
            endforeach()
        endforeach()
    endforeach()
    set_property(GLOBAL PROPERTY FRACTAL_FAMILY_${arg_NAME}_ROWS "${rows}")
    _fractal_absolute(arg_INCLUDES ${arg_INCLUDES})
    foreach(word IN ITEMS HEADERS ALPHABET INCLUDES LINK)
        set_property(GLOBAL PROPERTY FRACTAL_FAMILY_${arg_NAME}_${word} "${arg_${word}}")
    endforeach()
endfunction()

# ---- registries --------------------------------------------------------------------------------------------

# fractal_add_registry(<target> FAMILIES <family>...
#     [SELECTIONS <header>]     type aliases at namespace scope, each a selection (variants/selections.hpp)
#     [VARIANTS <pattern>...]   compiles a part; the rest stays known by name
#     [MANIFEST <file>]         a committed copy of the manifest, held against the generated one by a test
#     [SAMPLE <variant>])       and of one module, in the same folder
#
# Defines, with <prefix> for <target> without "_registry":
#     <target>                    static library: fractal::compiled_registry() and fractal::named_selections()
#     <prefix>_families           header-only: fractal::families::<family> in <fractal/families/<family>.hpp>
#     <prefix>_family_<family>    object libraries of the compiled modules, and <prefix>_modules to build them all
#     <prefix>_manifest           updates the committed MANIFEST; <prefix>_manifest is also the test's name
# A program links one registry.
function(fractal_add_registry target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "SELECTIONS;MANIFEST;SAMPLE" "FAMILIES;VARIANTS")
    if(NOT arg_FAMILIES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "fractal_add_registry(${target}): expected FAMILIES <family>..., got '${ARGN}'")
    endif()
    foreach(family IN LISTS arg_FAMILIES)
        get_property(known GLOBAL PROPERTY FRACTAL_FAMILY_${family}_ROWS SET)
        if(NOT known)
            message(FATAL_ERROR "fractal_add_registry(${target}): no family '${family}'; add it before, by "
                "fractal_add_family(NAME ${family} …)")
        endif()
    endforeach()
    _fractal_absolute(arg_SELECTIONS ${arg_SELECTIONS})
    _fractal_absolute(arg_MANIFEST ${arg_MANIFEST})
    get_property(generator GLOBAL PROPERTY FRACTAL_GENERATOR_DIR)
    set(warnings "$<BUILD_INTERFACE:$<TARGET_NAME_IF_EXISTS:fractal_warnings>>") # the installed package has none
    string(REGEX REPLACE "_registry$" "" prefix "${target}")
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}")
    file(MAKE_DIRECTORY "${folder}")

    _fractal_ask_catalogue(key "${folder}" ${arg_FAMILIES})
    _fractal_filter_rows(rows "${folder}" ${arg_VARIANTS})
    set(key "${key}\n${arg_VARIANTS}")
    foreach(emitter IN ITEMS module.cpp.in types.hpp.in Emission.cmake)
        set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${generator}/${emitter}")
        file(SHA256 "${generator}/${emitter}" hash)
        string(APPEND key "\n${hash}")
    endforeach()
    string(SHA256 key "${key}")
    set(emitted "")
    if(EXISTS "${folder}/emitted.key")
        file(READ "${folder}/emitted.key" emitted)
    endif()
    string(COMPARE NOTEQUAL "${emitted}" "${key}" emit)

    # The modules share a precompiled header of our own: what it saves is most of the cost of a small group.
    set(pch ${prefix}_modules_pch)
    file(CONFIGURE OUTPUT "${folder}/modules_pch.cpp"
        CONTENT "// Carries the modules' precompiled header; empty by itself.\n")
    add_library(${pch} OBJECT "${folder}/modules_pch.cpp")
    set_target_properties(${pch} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${pch} PRIVATE -O1)
    target_link_libraries(${pch} PRIVATE fractal::core ${warnings})
    target_precompile_headers(${pch} PRIVATE <fractal/registry/variant.hpp>)

    set(modules "")
    set(objects "")
    set(declarations "")
    set(calls "")
    foreach(family IN LISTS arg_FAMILIES)
        if(emit)
            _fractal_emit_types(${family} "${folder}")
        endif()
        set(family_rows "${rows}")
        list(FILTER family_rows INCLUDE REGEX "^${family}/")
        if(family_rows)
            set(library ${prefix}_family_${family})
            _fractal_add_modules(${library} ${family} "${folder}" ${emit} ${pch} ${family_rows})
            list(APPEND modules ${library})
            list(APPEND objects $<TARGET_OBJECTS:${library}>)
            string(MAKE_C_IDENTIFIER "${family}" identifier)
            string(APPEND declarations "std::span<const Variant* const> ${identifier}();\n")
            list(APPEND calls "modules::${identifier}()")
        endif()
    endforeach()
    add_custom_target(${prefix}_modules DEPENDS ${objects})
    add_dependencies(${prefix}_modules ${modules})

    list(LENGTH rows count)
    list(JOIN calls ", " calls)
    file(STRINGS "${folder}/modules.tsv" names)
    list(TRANSFORM names REPLACE "^([^\t]*)\t.*" "    \"\\1\",\n")
    list(JOIN names "" names)
    configure_file("${generator}/registry.cpp.in" "${folder}/registry.cpp" @ONLY)
    _fractal_emit_selections("${folder}/selections.cpp" "${arg_SELECTIONS}")
    file(WRITE "${folder}/emitted.key" "${key}")

    add_library(${prefix}_families INTERFACE)
    target_include_directories(${prefix}_families INTERFACE "$<BUILD_INTERFACE:${folder}/include>")
    target_link_libraries(${prefix}_families INTERFACE fractal::core)
    foreach(family IN LISTS arg_FAMILIES)
        get_property(INCLUDES GLOBAL PROPERTY FRACTAL_FAMILY_${family}_INCLUDES)
        get_property(LINK GLOBAL PROPERTY FRACTAL_FAMILY_${family}_LINK)
        target_include_directories(${prefix}_families INTERFACE ${INCLUDES})
        target_link_libraries(${prefix}_families INTERFACE ${LINK})
    endforeach()
    add_library(${target} STATIC "${folder}/registry.cpp" "${folder}/selections.cpp" ${objects})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${target} PUBLIC ${prefix}_families PRIVATE ${warnings})

    if(arg_MANIFEST)
        cmake_path(GET arg_MANIFEST PARENT_PATH committed_folder)
        set(copies "${arg_MANIFEST}|${folder}/manifest.tsv")
        if(arg_SAMPLE AND EXISTS "${folder}/modules/${arg_SAMPLE}.cpp")
            list(APPEND copies "${committed_folder}/${arg_SAMPLE}.cpp|${folder}/modules/${arg_SAMPLE}.cpp")
        endif()
        set(compare "")
        set(update "")
        foreach(copy IN LISTS copies)
            string(REPLACE "|" ";" copy "${copy}")
            list(POP_FRONT copy committed generated)
            list(APPEND compare "${committed}" "${generated}")
            list(APPEND update COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${generated}" "${committed}")
        endforeach()
        add_custom_target(${prefix}_manifest ${update} VERBATIM)
        add_test(NAME ${prefix}_manifest
            COMMAND "${CMAKE_COMMAND}" -DTARGET=${prefix}_manifest "-DFILES=${compare}" -P "${generator}/CompareManifest.cmake")
    endif()
endfunction()
