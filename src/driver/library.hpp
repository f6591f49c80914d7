// Libraries that are loaded when they are first needed, so that the program starts without them.
#pragma once

namespace fractal::driver {

/// What to load, and what to call it in errors.
struct Library {
    const char* what;     ///< `training backend`
    const char* file;     ///< `libfractal_torch.so`
    const char* variable; ///< of the environment, that may name another file
    const char* target;   ///< that builds it
};

/// The symbol `name` of the library, which stays loaded until the process ends. It is the file that its
/// variable names; or else lies beside the executable, in ../lib from there, or where the dynamic linker
/// looks: in the executable's own list of folders, where CMake puts the one that the library was built in or
/// installed to, in $LD_LIBRARY_PATH and in the system's folders. Throws IoError, with what was looked for,
/// if it is not there, cannot be loaded or has no such symbol.
void* find_symbol(const Library& library, const char* name);

} // namespace fractal::driver
