// Data files of people's own: the header, labels, codes and metadata.
#include "data/data_file.hpp"

#include "fuzz.hpp"
#include "scratch_folder.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    constexpr const char* name = "own.safetensors";
    folder.write(name, fuzz::text_of(data, size));
    fuzz::accepts([&] {
        const data::ImageSet set = data::read_data_file(folder.path() / name);
        for (const data::ByteImages* images : {&set.train, &set.test}) {
            fuzz::require(images->count() > 0, "there are images to train and to test on");
            fuzz::require(images->pixels.size() == images->count() * images->bytes_per_image(),
                          "each has all of its pixels");
            for (const std::int32_t label : images->labels) {
                fuzz::require(label >= 0 && static_cast<std::size_t>(label) < set.classes.size(),
                              "labels are classes");
            }
        }
        fuzz::require(
            !set.split || set.split->train.size() + set.split->validation.size() == set.train.count(),
            "each image that is not tested on is trained on or held out");
    });
    return 0;
}
