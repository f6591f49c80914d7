// The driver over the family `gated`: list, show, train and rank as in the program `fractal`.
#include <fractal/driver/driver.hpp>

int main(int argc, char** argv) {
    return fractal::driver_main(argc, argv, fractal::compiled_registry(), fractal::named_selections());
}
