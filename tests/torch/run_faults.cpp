// What whoever watches a trial throws is a fault of the run, and never the trial's.
#include <memory>
#include <string>

#include <fractal/registry/variant.hpp>

#include "base/error.hpp"
#include "torch_check.hpp"
#include "train/trainer.hpp"
#include "trial_support.hpp"

extern "C" fractal::Trainer* fractal_trainer(const fractal::Hardware&, void (*)(std::string_view));

namespace fractal::testing {
namespace {

using Tiny =
    Network<Input<3, 32, 32>, Depth<1>, Columns<1>, Layers<Conv<3>>, Width<4>, Head<GlobalAveragePool, 10>>;
using OtherImages =
    Network<Input<1, 28, 28>, Depth<1>, Columns<1>, Layers<Conv<3>>, Width<4>, Head<GlobalAveragePool, 10>>;

enum class At { step, epoch, note, reason };

/// Throws what results that are damaged would.
class Breaking final : public TrialObserver {
public:
    explicit Breaking(At at) : at_(at) {}
    Next on_step(const StepReport&) override {
        break_at(At::step);
        return Next::go_on;
    }
    void on_epoch(const EpochReport&) override { break_at(At::epoch); }
    void on_note(std::string_view) override { break_at(At::note); }
    void on_reason(std::string_view) override { break_at(At::reason); }

private:
    void break_at(At here) const {
        if (here == at_) throw DataError("the results are damaged");
    }
    At at_;
};

TEST_CASE("what an observer throws passes through the trainer, wherever it is thrown") {
    const std::unique_ptr<Trainer> trainer(fractal_trainer({}, [](std::string_view) {}));
    REQUIRE(trainer != nullptr);
    trainer->open({.name = "shapes", .folder = ""}, 0, 0);
    Recipe recipe = small_recipe();
    recipe.epochs = 1;
    recipe.batch = 1000;
    recipe.amp = Amp::automatic; // which is noted
    for (const At at : {At::step, At::epoch, At::note, At::reason}) {
        CAPTURE(static_cast<int>(at));
        Breaking observer(at);
        // Of images of another shape the trial fails, and that is its own fault.
        const Variant& variant = at == At::reason ? variant_of<OtherImages> : variant_of<Tiny>;
        CHECK_THROWS_WITH_AS(trainer->train(variant, recipe, {.weights = "", .state = ""}, observer),
                             "the results are damaged", DataError);
    }
}

} // namespace
} // namespace fractal::testing
