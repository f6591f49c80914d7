// The results database: everything that is asked of it.
#include "fuzz.hpp"
#include "scratch_folder.hpp"
#include "store/reader.hpp"
#include "store/schema.hpp"

using namespace fractal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    folder.write(store::results_name, fuzz::text_of(data, size));
    fuzz::accepts([] {
        store::Reader reader(folder.path());
        reader.runs();
        for (const store::Trial& trial : reader.trials()) reader.epochs(trial.id);
        for (const std::int64_t id : reader.trials_where("variant = 'compact/d1-c1-conv3'")) reader.trial(id);
        reader.counts();
        reader.rank({});
    });
    return 0;
}
