# The pictures of the documents are what `fractal show --svg` draws.
#
#     cmake -DFRACTAL=build/bin/fractal -DFOLDER=docs/pictures -P pictures.cmake               fails if one is not
#     cmake -DUPDATE=ON -DFRACTAL=build/bin/fractal -DFOLDER=docs/pictures -P pictures.cmake   writes them

set(unit-3-columns "compact/d2-c3-conv3.bn.relu")
set(unit-4-columns "compact/d2-c4-conv3.bn.relu")

foreach(picture IN ITEMS unit-3-columns unit-4-columns)
    set(file "${FOLDER}/${picture}.svg")
    execute_process(COMMAND "${FRACTAL}" show "${${picture}}" --svg OUTPUT_VARIABLE drawn COMMAND_ERROR_IS_FATAL ANY)
    if(UPDATE)
        file(WRITE "${file}" "${drawn}")
        continue()
    endif()
    file(READ "${file}" there)
    if(NOT there STREQUAL drawn)
        message(FATAL_ERROR "${file} is not what 'fractal show ${${picture}} --svg' draws: "
            "run this script with -DUPDATE=ON")
    endif()
endforeach()
