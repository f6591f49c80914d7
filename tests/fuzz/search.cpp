// A run folder's search.json.
#include "driver/search_file.hpp"
#include "fuzz.hpp"
#include "scratch_folder.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    folder.write("search.json", fuzz::text_of(data, size));
    fuzz::accepts([] {
        const driver::Search search = driver::read_search(folder.path());
        driver::write_search(folder.path(), search);
        driver::read_search(folder.path());
    });
    return 0;
}
