# Puts the files of page/ into a C++ source, the scripts as one, in the order in which they need each other:
#     cmake -DPAGE=page -DSCRIPTS="a.js;b.js" -DTEMPLATE=page_files.cpp.in -DOUT=page_files.cpp -P EmbedPage.cmake
file(READ "${PAGE}/page.html" frame)
file(READ "${PAGE}/page.css" style)
set(script "")
foreach(name IN LISTS SCRIPTS)
    file(READ "${PAGE}/${name}" text)
    string(APPEND script "${text}\n")
endforeach()
configure_file("${TEMPLATE}" "${OUT}" @ONLY)
file(TOUCH "${OUT}") # also where nothing has changed, or it would be older than what it is made of
