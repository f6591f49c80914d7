# cmake -DTARGET=… -DFILES="COMMITTED;GENERATED;…" -P CompareManifest.cmake
# Fails with a diff where a committed file is not what was generated; TARGET is what updates it.
while(FILES)
    list(POP_FRONT FILES committed generated)
    execute_process(COMMAND diff --unified=0 --new-file "--label=${committed}" --label=generated
        "${committed}" "${generated}" RESULT_VARIABLE status OUTPUT_VARIABLE difference ERROR_VARIABLE error)
    if(status)
        string(LENGTH "${difference}" length)
        if(length GREATER 6000)
            string(SUBSTRING "${difference}" 0 6000 difference)
            string(APPEND difference "\n…\n")
        endif()
        message("${difference}${error}") # as it is: CMake would set an error's text anew
        message(FATAL_ERROR "${committed} is stale. If the difference is what you meant, update it and review the "
            "change: cmake --build FOLDER --target ${TARGET}")
    endif()
endwhile()
