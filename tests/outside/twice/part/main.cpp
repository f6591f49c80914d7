// A driver as the guide has it.
#include <fractal/driver/driver.hpp>
#include <fractal/registry/registry.hpp>

int main(int argc, char** argv) { return fractal::driver_main(argc, argv, fractal::compiled_registry()); }
