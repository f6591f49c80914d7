# Plotly's JavaScript for reports: FRACTAL_PLOTLY, the plotly.min.js of the Python package that
# cmake/dependencies.txt pins. It is read when a report is written, so the build does not need it.
include_guard(GLOBAL)

set(FRACTAL_PLOTLY "" CACHE FILEPATH "plotly.min.js, which reports draw their charts with")
if(NOT EXISTS "${FRACTAL_PLOTLY}")
    file(GLOB found "${PROJECT_SOURCE_DIR}/.venv*/lib/python3*/site-packages/plotly/package_data/plotly.min.js")
    set(file "")
    if(found)
        list(GET found 0 file)
        cmake_path(NORMAL_PATH file)
    else()
        message(STATUS "fractal: no plotly.min.js, so `fractal report` needs one named in $FRACTAL_PLOTLY "
            "(./dev setup installs it; or pip install plotly, and -DFRACTAL_PLOTLY=its package_data/plotly.min.js)")
    endif()
    set_property(CACHE FRACTAL_PLOTLY PROPERTY VALUE "${file}")
endif()
