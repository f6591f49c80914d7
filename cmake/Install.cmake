# What `cmake --install` puts where: the components core, torch and driver, and the package that finds them again.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/fractal")
set(modules "${CMAKE_INSTALL_DATADIR}/fractal") # the generator, in folders as they are here

# fractal_install_component(<component> TARGETS <target>... [HEADERS <folder of include/fractal>...])
function(fractal_install_component component)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "TARGETS;HEADERS")
    install(TARGETS ${arg_TARGETS} EXPORT fractal-${component}
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT ${component}
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ${component}
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ${component}
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT fractal-${component} NAMESPACE fractal:: DESTINATION "${package}" COMPONENT ${component})
    foreach(folder IN LISTS arg_HEADERS)
        install(DIRECTORY "${FRACTAL_INCLUDE_DIR}/fractal/${folder}" COMPONENT ${component}
            DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/fractal" FILES_MATCHING PATTERN "*.hpp")
    endforeach()
endfunction()

set(core fractal_core)
set(driver fractal_base fractal_store fractal_report fractal_search fractal_tensorboard_proto fractal_tensorboard
    fractal_driver fractal_fetch fractal_program)
if(FRACTAL_REGISTRY)
    list(APPEND core fractal_families)
    list(APPEND driver fractal_registry fractal)
    install(DIRECTORY "${PROJECT_BINARY_DIR}/variants/fractal_registry/include/fractal/families" COMPONENT core
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/fractal")
endif()
foreach(target IN LISTS core driver)
    string(REPLACE "fractal_" "" name "${target}")
    set_target_properties(${target} PROPERTIES EXPORT_NAME "${name}")
endforeach()
set_target_properties(fractal_driver PROPERTIES EXPORT_NAME commands)
set_target_properties(fractal_program PROPERTIES EXPORT_NAME driver)

fractal_install_component(core TARGETS ${core} HEADERS spec plan exec registry)
fractal_install_component(driver TARGETS ${driver} HEADERS driver)
if(FRACTAL_PLOTLY) # where the driver looks for it: ../share/fractal
    install(FILES "${FRACTAL_PLOTLY}" DESTINATION "${modules}" COMPONENT driver)
endif()
if(FRACTAL_TORCH)
    set_target_properties(fractal_torch PROPERTIES EXPORT_NAME backend)
    set_target_properties(fractal_module PROPERTIES EXPORT_NAME torch)
    fractal_install_component(torch TARGETS fractal_torch fractal_module HEADERS torch)
endif()

install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT core)
install(FILES cmake/Dependencies.cmake cmake/dependencies.txt cmake/FractalFamilies.cmake cmake/LibTorch.cmake
    DESTINATION "${modules}/cmake" COMPONENT core)
install(DIRECTORY cmake/generator DESTINATION "${modules}/cmake" COMPONENT core)
install(FILES src/base/error.hpp src/base/glob.cpp src/base/glob.hpp src/base/near_misses.cpp src/base/near_misses.hpp
    DESTINATION "${modules}/src/base" COMPONENT core)

configure_package_config_file(cmake/fractalConfig.cmake.in fractalConfig.cmake INSTALL_DESTINATION "${package}"
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR modules)
write_basic_package_version_file(fractalConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/fractalConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/fractalConfigVersion.cmake"
    DESTINATION "${package}" COMPONENT core)
