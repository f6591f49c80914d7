// A drawing of one unit's fractal in text, as in the FractalNet paper: columns side by side, time downwards.
#pragma once

#include <string>
#include <vector>

#include <fractal/spec/network_spec.hpp>

namespace fractal::driver {

/// One step of a unit, as the walk performs it.
struct DrawnStep {
    int firings = 0; ///< columns 0 to firings - 1 fire
    int joined = 0;  ///< how many of their values one mean replaces; 1 where a value stays as it is
};

/// The steps of one unit of `net`, from the first.
std::vector<DrawnStep> steps_of_unit(const NetworkSpec& net);

/// A line of the drawing: one step, or consecutive steps that repeat those from the first on.
struct DrawnLine {
    int first = 1;
    int last = 1;          ///< first == last: drawn in full
    DrawnStep step{};      ///< of a line drawn in full
    int firings = 0;       ///< that the line stands for
    int columns_fired = 0; ///< columns 0 to columns_fired - 1 fire in it
};

/// All steps as lines. Where there are more than 16, `whole` is false and step i = 16, 32, 64, ... is drawn,
/// the steps between i/2 and i become one line: they repeat steps 1 to i/2 - 1.
std::vector<DrawnLine> lines_of_unit(const NetworkSpec& net, bool whole);

struct DrawingStyle {
    bool ascii = false;  ///< no character beyond ASCII
    bool colour = false; ///< firings and joins in colours
    bool whole = false;  ///< every step
};

/// The drawing, a legend below it. Column 0, the deepest, stands on the right, as in the paper; joins are
/// bars over the columns that meet.
std::string drawing(const NetworkSpec& net, const DrawingStyle& style);

} // namespace fractal::driver
