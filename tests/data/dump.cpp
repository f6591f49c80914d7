// Writes what is read of a data file as raw arrays, to be compared with what was written:
//     data_dump FILE FOLDER
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <vector>

#include "data/data_file.hpp"

namespace {

template <class T>
void write(const std::filesystem::path& file, const std::vector<T>& numbers) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(numbers.data()),
               static_cast<std::streamsize>(numbers.size() * sizeof(T)));
}

} // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::fprintf(stderr, "data_dump: expected a data file and a folder\n");
        return 64;
    }
    try {
        const std::filesystem::path folder(words[2]);
        const fractal::data::ImageSet set = fractal::data::read_data_file(words[1]);
        write(folder / "train.pixels", set.train.pixels);
        write(folder / "train.labels", set.train.labels);
        write(folder / "test.pixels", set.test.pixels);
        write(folder / "test.labels", set.test.labels);
        const fractal::data::Split split = set.split.value_or(fractal::data::Split{});
        write(folder / "split.train", split.train);
        write(folder / "split.validation", split.validation);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "data_dump: %s\n", error.what());
        return 1;
    }
}
