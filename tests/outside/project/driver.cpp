// The command-line program over the outside project's registry.
#include <fractal/driver/driver.hpp>

int main(int argc, char** argv) {
    return fractal::driver_main(argc, argv, fractal::compiled_registry(), fractal::named_selections());
}
