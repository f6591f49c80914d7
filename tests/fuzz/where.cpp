// The text of `--where`, over the results of a run: it finds trials or is refused, and changes nothing.
#include <filesystem>
#include <optional>

#include "fuzz.hpp"
#include "scratch_folder.hpp"
#include "store/reader.hpp"
#include "store/schema.hpp"
#include "store/writer.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::store;

namespace {

/// A run of three trials, one of them finished.
class SmallRun {
public:
    SmallRun() {
        Writer writer(folder_.path(), testing::a_run());
        for (int number = 1; number <= 3; ++number) writer.find_or_add(testing::a_request(number));
        writer.start(1, 0);
        writer.add_epoch(1, testing::an_epoch(1, 0.5));
        writer.end(1, {.disposition = Disposition::finished, .test_accuracy = 0.5});
        writer.finish("");
    }
    std::string bytes() const { return testing::bytes_of(folder_.path() / results_name); }
    const std::filesystem::path& path() const { return folder_.path(); }

private:
    fuzz::ScratchFolder folder_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const SmallRun run;
    static const std::string before = run.bytes();
    fuzz::accepts([&] {
        Reader reader(run.path());
        const std::vector<std::int64_t> found = reader.trials_where(fuzz::text_of(data, size));
        fuzz::require(!found.empty(), "what holds for no trial is refused");
        for (const std::int64_t trial : found) fuzz::require(trial >= 1 && trial <= 3, "trials are found");
    });
    fuzz::require(run.bytes() == before, "the results are as they were");
    return 0;
}
