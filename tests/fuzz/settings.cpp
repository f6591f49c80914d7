// A run folder's settings.json.
#include <filesystem>
#include <fstream>

#include "driver/run_folder.hpp"
#include "fuzz.hpp"
#include "scratch_folder.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    folder.write("settings.json", fuzz::text_of(data, size));
    fuzz::accepts([] {
        const driver::RunSettings settings = driver::read_settings(folder.path());
        driver::write_settings(folder.path(), settings);
        driver::read_settings(folder.path());
    });
    return 0;
}
