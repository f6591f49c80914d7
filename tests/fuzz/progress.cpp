// How far a trial is, as its state file says: what is read is written again and means the same.
#include "train/trial_progress.hpp"

#include "fuzz.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::accepts([&] {
        const std::string text = progress_text(parse_progress(fuzz::text_of(data, size)));
        fuzz::require(progress_text(parse_progress(text)) == text, "what was read is written and read again");
    });
    return 0;
}
