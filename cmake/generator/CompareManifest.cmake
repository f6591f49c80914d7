# cmake -DTARGET=… -DFILES="COMMITTED;GENERATED;…" -P CompareManifest.cmake
# Fails with a diff where a committed file is not what was generated; TARGET is what updates it.
while(FILES)
    list(POP_FRONT FILES committed generated)
    execute_process(COMMAND diff --unified=0 --new-file "--label=${committed}" --label=generated
        "${committed}" "${generated}" RESULT_VARIABLE status OUTPUT_VARIABLE difference ERROR_VARIABLE error)
    if(status)
        string(REGEX MATCHALL "\n[+-]" changed "${difference}")
        list(LENGTH changed number)
        string(LENGTH "${difference}" length)
        if(length GREATER 4000)
            string(SUBSTRING "${difference}" 0 4000 difference)
            string(APPEND difference "\n…\n")
        endif()
        message(FATAL_ERROR "${committed} is stale in ${number} lines:\n${difference}${error}"
            "If that is what you meant, update it and review the change: cmake --build FOLDER --target ${TARGET}")
    endif()
endwhile()
