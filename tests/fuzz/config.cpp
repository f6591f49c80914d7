// The TOML file of `--config`: the flags of a recipe, read as the program reads them.
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "driver/command_line.hpp"
#include "driver/member_flags.hpp"
#include "fuzz.hpp"
#include "train/recipe_fields.hpp"

using namespace fractal;

namespace {

/// A file in memory, written anew for each input, with a name of its own.
class MemoryFile {
public:
    MemoryFile() : file_(::memfd_create("config", 0)) {}
    ~MemoryFile() { ::close(file_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    void write(std::string_view text) const {
        const bool written = ::ftruncate(file_, 0) == 0 && ::pwrite(file_, text.data(), text.size(), 0) ==
                                                               static_cast<ssize_t>(text.size());
        fuzz::require(written, "the input is written");
    }
    std::string name() const { return fmt::format("/proc/self/fd/{}", file_); }

private:
    int file_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const MemoryFile file;
    file.write(fuzz::text_of(data, size));
    fuzz::accepts([] {
        reflect::Overlay<Recipe> overlay;
        std::string name;
        driver::CommandLine line("train", "", "", "");
        driver::CommandLine::Group group = line.group("Recipe");
        group.option("--recipe", "NAME", name, "");
        group.config();
        driver::add_member_flags(group, overlay);
        line.parse({"--config", file.name()});
        Recipe recipe;
        overlay.apply_to(recipe);
        reflect::check_ranges<DataError>(recipe);
        check_recipe(recipe);
    });
    return 0;
}
