// The executable `fractal`: the driver over all variants that were compiled in.
#include <fractal/driver/driver.hpp>

int main(int argc, char** argv) {
    return fractal::driver_main(argc, argv, fractal::compiled_registry(), fractal::named_selections());
}
