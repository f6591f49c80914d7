// The agenda's answers as trials, and the results as its records.
#include "driver/search_sweep.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/trial_files.hpp"
#include "driver/trial_plan.hpp"
#include "driver/units.hpp"
#include "search/finals.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;
using store::Disposition;

/// One that a search left behind is open to it: it may go on under a larger budget.
search::End end_of(Disposition disposition) {
    if (disposition == Disposition::finished) return search::End::finished;
    return store::standing_of(disposition) == store::Standing::faulty ? search::End::failed
                                                                      : search::End::open;
}

std::vector<Planned> candidates_of(const Registry& registry, store::Reader& reader,
                                   std::span<const std::int64_t> trials) {
    std::vector<Planned> candidates;
    for (const std::int64_t id : trials) {
        const std::optional<store::Trial> trial = reader.trial(id);
        if (!trial) {
            throw DataError(
                fmt::format("the search is of trial {}, which the results do not have: restore "
                            "both from a copy",
                            id));
        }
        candidates.push_back({.trial = *trial, .variant = &variant_of_trial(registry, *trial)});
        const std::int32_t epochs = candidates.front().trial.recipe.epochs;
        if (trial->recipe.epochs != epochs) {
            throw DataError(
                fmt::format("the search is of trials of {} and of {} epochs: expected one length; "
                            "restore its file from a copy",
                            epochs, trial->recipe.epochs));
        }
    }
    if (candidates.empty()) throw DataError("the search has no candidates: restore its file from a copy");
    return candidates;
}

} // namespace

SearchSweep::SearchSweep(const Registry& registry, const fs::path& run, store::Writer& writer, Search search)
    : registry_(registry),
      run_(run),
      writer_(writer),
      reader_(run),
      search_(std::move(search)),
      budget_(parse_budget(search_.settings.budget)),
      candidates_(candidates_of(registry, reader_, search_.trials)),
      records_(candidates_.size()),
      agenda_(ladder_of(search_.settings, candidates_.front().trial.recipe.epochs), search_.brackets) {
    for (std::size_t i = 0; i < candidates_.size(); ++i) read(i);
    read_finals();
    watched_finals_ = finals_.size();
    mark_paused();
}

void SearchSweep::read(std::size_t candidate) {
    store::Trial& trial = candidates_[candidate].trial;
    trial = reader_.trial(trial.id).value();
    search::Record record{.end = end_of(trial.outcome.disposition)};
    for (const store::Epoch& epoch : reader_.course(trial)) {
        const bool held_out = judged_by(trial.conditions) == store::JudgedBy::validation;
        record.accuracy.push_back(held_out ? epoch.validation_accuracy.value_or(std::nan(""))
                                           : epoch.train_accuracy);
    }
    records_[candidate] = std::move(record);
}

void SearchSweep::read_finals() {
    finals_.clear();
    // Further seeds of others than finalists are in the folder for another reason.
    const std::vector<store::Request> wanted = further_seeds();
    if (wanted.empty() || !is_decided()) return;
    for (store::Trial& trial : reader_.trials()) {
        const bool is_final = std::ranges::any_of(wanted, [&](const store::Request& request) {
            return request.subject.fingerprint == trial.subject.fingerprint &&
                   request.conditions.data == trial.conditions.data && request.recipe == trial.recipe;
        });
        if (is_final) finals_.push_back(std::move(trial));
    }
}

std::vector<std::int64_t> SearchSweep::comparable_finals() const {
    if (finals_.empty()) return {};
    struct Finalist {
        std::map<std::uint64_t, std::int64_t> trials; ///< that finished, by seed
        bool has_failed = false;
    };
    std::vector<Finalist> all;
    for (const std::size_t finalist : finalists()) {
        const store::Trial& first = candidates_[finalist].trial;
        Finalist& one = all.emplace_back(Finalist{.trials = {{first.recipe.seed, first.id}}});
        for (const store::Trial& trial : finals_) {
            if (trial.subject.fingerprint != first.subject.fingerprint) continue;
            const search::End end = end_of(trial.outcome.disposition);
            if (end == search::End::finished) one.trials.emplace(trial.recipe.seed, trial.id);
            one.has_failed |= end == search::End::failed;
        }
    }
    const auto has_failed = [](const Finalist& one) { return one.has_failed; };
    if (!std::ranges::all_of(all, has_failed)) std::erase_if(all, has_failed);
    std::vector<std::int64_t> trials;
    for (const Finalist& one : all) {
        for (const auto& [seed, trial] : one.trials) {
            const auto has_it = [seed = seed](const Finalist& other) { return other.trials.contains(seed); };
            if (std::ranges::all_of(all, has_it)) trials.push_back(trial);
        }
    }
    return trials;
}

std::vector<std::int64_t> SearchSweep::all_trials() const {
    std::vector<std::int64_t> all = search_.trials;
    for (const store::Trial& trial : finals_) all.push_back(trial.id);
    return all;
}

void SearchSweep::mark_paused() {
    const auto& rungs = agenda_.ladder().rungs;
    for (const Planned& candidate : candidates_) {
        const store::Outcome& outcome = candidate.trial.outcome;
        const auto rung = std::ranges::find(rungs, outcome.epochs_done);
        if (outcome.disposition != Disposition::interrupted || rung == rungs.end() || *rung == rungs.back()) {
            continue;
        }
        writer_.end(candidate.trial.id, {.disposition = Disposition::paused,
                                         .reason = pause_text(static_cast<std::size_t>(rung - rungs.begin())),
                                         .predicted_peak_bytes = outcome.predicted_peak_bytes});
    }
}

void SearchSweep::mark_pruned() {
    for (const search::Pruned& pruned : agenda_.pruned(records_)) {
        const store::Trial& trial = candidates_[pruned.candidate].trial;
        if (trial.outcome.disposition == Disposition::pruned) continue;
        const auto& rungs = agenda_.ladder().rungs;
        writer_.end(trial.id, {.disposition = Disposition::pruned,
                               .reason = fmt::format("place {} of {} at rung {} of {}, after {}; {} went on",
                                                     pruned.place, pruned.of, pruned.rung + 1, rungs.size(),
                                                     epochs_text(rungs[pruned.rung]), pruned.kept),
                               .predicted_peak_bytes = trial.outcome.predicted_peak_bytes});
        std::error_code ignored; // what cannot be removed does no harm
        fs::remove(state_file(run_, trial.id), ignored);
        read(pruned.candidate);
    }
}

double SearchSweep::seconds_since_begun() const {
    return begun_ ? std::chrono::duration<double>(std::chrono::steady_clock::now() - *begun_).count() : 0;
}

void SearchSweep::count_besides() {
    if (!begun_) return;
    const store::Trial now = reader_.trial(planned_.trial.id).value();
    besides_ += std::max(0.0, seconds_since_begun() - (now.outcome.seconds - planned_.trial.outcome.seconds));
    begun_.reset();
}

void SearchSweep::update() {
    count_besides();
    if (current_) read(*std::exchange(current_, std::nullopt));
    read_finals();
    mark_pruned();
}

const Planned* SearchSweep::next() {
    update();
    const std::optional<search::Job> job = agenda_.next(records_, left());
    if (agenda_.brackets() != search_.brackets) {
        search_.brackets = agenda_.brackets();
        write_search(run_, search_);
    }
    if (!job) return is_decided() ? next_final() : nullptr;
    current_ = job->candidate;
    planned_ = candidates_[job->candidate];
    planned_.label = label(*job);
    if (job->rung + 1 < agenda_.ladder().rungs.size()) {
        planned_.pause = Pause{.epochs = job->epochs, .reason = pause_text(job->rung)};
    }
    begun_ = std::chrono::steady_clock::now();
    return &planned_;
}

std::vector<std::size_t> SearchSweep::finalists() const {
    return search::finalists(records_, candidates_.front().trial.conditions.validation_images);
}

std::vector<store::Request> SearchSweep::further_seeds() const {
    std::vector<store::Request> requests;
    if (search_.settings.seeds == 1) return requests;
    const std::vector<std::size_t> finalists = this->finalists();
    for (std::int32_t seed = 1; seed < search_.settings.seeds && finalists.size() > 1; ++seed) {
        for (const std::size_t finalist : finalists) {
            const store::Trial& trial = candidates_[finalist].trial;
            requests.push_back({.subject = trial.subject,
                                .conditions = trial.conditions,
                                .recipe_label = trial.recipe_label,
                                .recipe = trial.recipe});
            requests.back().recipe.seed += static_cast<std::uint64_t>(seed);
        }
    }
    return requests;
}

const Planned* SearchSweep::next_final() {
    const std::vector<store::Trial> finals = writer_.find_or_add(further_seeds());
    read_finals();
    if (finals_.size() != watched_finals_) writer_.plan(all_trials()); // for those who watch
    watched_finals_ = finals_.size();
    const auto open = std::ranges::find(finals, search::End::open, [](const store::Trial& trial) {
        return end_of(trial.outcome.disposition);
    });
    if (open == finals.end()) return nullptr;
    const std::int32_t more = open->recipe.epochs - open->outcome.epochs_done;
    if (const search::Left left = this->left(); left.epochs && more > *left.epochs) return nullptr;
    planned_ = {.trial = *open,
                .variant = &variant_of_trial(registry_, *open),
                .label = spent_text() + "  further seed"};
    begun_ = std::chrono::steady_clock::now();
    return &planned_;
}

std::optional<Stop> SearchSweep::stop() const {
    if (!budget_.seconds) return {};
    if (spent().seconds + seconds_since_begun() < *budget_.seconds) return {};
    return Stop{Stop::Cause::budget, fmt::format("the budget of {} is used up", search_.settings.budget)};
}

bool SearchSweep::is_decided() const {
    search::Agenda agenda = agenda_;
    return !agenda.next(records_, {});
}

bool SearchSweep::has_more() const {
    const auto is_over = [](const store::Trial& trial) {
        return end_of(trial.outcome.disposition) != search::End::open;
    };
    return !is_decided() || !std::ranges::all_of(finals_, is_over) || finals_.size() < further_seeds().size();
}

search::Left SearchSweep::left() const {
    search::Left left{.time = budget_.seconds.has_value()};
    if (budget_.epochs) left.epochs = *budget_.epochs - spent().epochs;
    return left;
}

Spent SearchSweep::spent() const {
    Spent spent{.seconds = besides_};
    for (const Planned& candidate : candidates_) {
        spent.epochs += candidate.trial.outcome.epochs_done;
        spent.seconds += candidate.trial.outcome.seconds;
    }
    for (const store::Trial& trial : finals_) {
        spent.epochs += trial.outcome.epochs_done;
        spent.seconds += trial.outcome.seconds;
    }
    return spent;
}

std::int64_t SearchSweep::epochs_of_all() const {
    return std::int64_t{agenda_.ladder().rungs.back()} * std::ssize(candidates_);
}

std::optional<std::size_t> SearchSweep::furthest() const {
    std::optional<std::size_t> furthest;
    const auto key = [&](std::size_t i) {
        return std::pair(records_[i].accuracy.size(), records_[i].accuracy.back());
    };
    for (std::size_t i = 0; i < records_.size(); ++i) {
        if (records_[i].accuracy.empty()) continue;
        if (!furthest || key(i) > key(*furthest)) furthest = i;
    }
    return furthest;
}

std::string SearchSweep::spent_text() const {
    const Spent spent = this->spent();
    return budget_.seconds
               ? fmt::format("{}/{}", duration_text(spent.seconds), duration_text(*budget_.seconds))
           : budget_.epochs ? fmt::format("{}/{}", spent.epochs, epochs_text(*budget_.epochs))
                            : epochs_text(spent.epochs);
}

std::string SearchSweep::label(const search::Job& job) const {
    const std::size_t rungs = agenda_.ladder().rungs.size();
    return rungs > 1 ? fmt::format("{}  rung {}/{}", spent_text(), job.rung + 1, rungs) : spent_text();
}

std::string SearchSweep::pause_text(std::size_t rung) const {
    const auto& rungs = agenda_.ladder().rungs;
    return fmt::format("at rung {} of {}, after {} of {}, until it is known whether it goes on", rung + 1,
                       rungs.size(), rungs[rung], epochs_text(rungs.back()));
}

} // namespace fractal::driver
