// A view of one trial after the other.
#include "driver/search_view.hpp"

#include <cstdio>
#include <set>
#include <span>
#include <string>

#include "driver/progress.hpp"
#include "driver/terminal.hpp"

namespace fractal::driver {
namespace {

class SearchView final : public SweepView {
public:
    explicit SearchView(bool json) : json_(json) {}

    void begin(std::size_t, const Planned& planned) override {
        const std::span<const Planned> plan(&planned, 1);
        view_.reset(); // clears its line first
        view_ = json_ ? json_view(plan) : text_view(plan, terminal_of(stderr));
        view_->begin(0, planned);
    }
    void step(const StepReport& report) override { view_->step(report); }
    void epoch(const EpochReport& report) override { view_->epoch(report); }
    void note(std::string_view text) override {
        if (noted_.emplace(text).second) view_->note(text);
    }
    void end(const store::Ending& ending, std::optional<double> validation_accuracy,
             double seconds) override {
        view_->end(ending, validation_accuracy, seconds);
    }

private:
    bool json_;
    std::unique_ptr<SweepView> view_; ///< of the trial that began last
    std::set<std::string, std::less<>> noted_;
};

} // namespace

std::unique_ptr<SweepView> search_view(bool json) { return std::make_unique<SearchView>(json); }

} // namespace fractal::driver
