// Rungs: who goes on, when, and who is left behind.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "search/agenda.hpp"
#include "search/draw.hpp"
#include "search/finals.hpp"

using namespace fractal::search;

namespace {

using Rungs = std::vector<std::int32_t>;

/// Trains what the agenda asks for, of candidates whose accuracy never changes, until it asks for nothing.
struct Simulation {
    Agenda agenda;
    std::vector<double> accuracy;
    std::map<std::size_t, std::size_t> fails_after = {}; ///< epochs, by candidate
    std::vector<Record> records = std::vector<Record>(accuracy.size());
    std::vector<Job> jobs = {};
    std::int64_t epochs = 0;

    void run(std::optional<std::int64_t> budget = {}) {
        while (const auto job = agenda.next(
                   records, {.epochs = budget ? std::optional(*budget - epochs) : std::nullopt})) {
            jobs.push_back(*job);
            train(*job);
            REQUIRE(jobs.size() < 10'000);
        }
    }
    void train(const Job& job) {
        Record& record = records[job.candidate];
        while (std::ssize(record.accuracy) < job.epochs) {
            const auto fails = fails_after.find(job.candidate);
            if (fails != fails_after.end() && record.accuracy.size() == fails->second) {
                record.end = End::failed;
                return;
            }
            record.accuracy.push_back(accuracy[job.candidate]);
            ++epochs;
        }
        if (job.epochs == agenda.ladder().rungs.back()) record.end = End::finished;
    }
};

std::vector<std::pair<std::size_t, std::size_t>> steps(const std::vector<Job>& jobs) {
    std::vector<std::pair<std::size_t, std::size_t>> steps;
    for (const Job& job : jobs) steps.emplace_back(job.candidate, job.rung);
    return steps;
}

using Steps = std::vector<std::pair<std::size_t, std::size_t>>;

const Ladder halving{.rungs = {1, 3, 9}, .eta = 3};
const Ladder asha{.rungs = {1, 3, 9}, .eta = 3, .asynchronous = true};

} // namespace

TEST_CASE("rungs are the epochs over powers of eta, rounded, and begin at the first") {
    CHECK(rungs_of(9, 1, 3) == Rungs{1, 3, 9});
    CHECK(rungs_of(5, 1, 3) == Rungs{1, 2, 5});
    CHECK(rungs_of(20, 1, 3) == Rungs{1, 2, 7, 20});
    CHECK(rungs_of(20, 2, 3) == Rungs{2, 7, 20});
    CHECK(rungs_of(16, 1, 2) == Rungs{1, 2, 4, 8, 16});
    CHECK(rungs_of(4, 3, 2) == Rungs{3, 4});
    CHECK(rungs_of(1, 1, 3) == Rungs{1});
}

TEST_CASE(
    "halving measures all of a rung, then the best third goes on, and the rest is pruned with its place") {
    Simulation search{.agenda = Agenda(halving), .accuracy = {.1, .9, .3, .8, .5, .7, .2, .6, .4}};
    search.run();
    CHECK(steps(search.jobs) == Steps{{0, 0},
                                      {1, 0},
                                      {2, 0},
                                      {3, 0},
                                      {4, 0},
                                      {5, 0},
                                      {6, 0},
                                      {7, 0},
                                      {8, 0},
                                      {1, 1},
                                      {3, 1},
                                      {5, 1}, // the better ones first
                                      {1, 2}});
    CHECK(search.epochs == 9 * 1 + 3 * 2 + 6);
    CHECK(search.epochs == epochs_of(halving, 9));
    const std::vector<Pruned> pruned = search.agenda.pruned(search.records);
    REQUIRE(pruned.size() == 8);
    CHECK(pruned[0].candidate == 0);
    CHECK(pruned[0].rung == 0);
    CHECK(pruned[0].place == 9);
    CHECK(pruned[0].of == 9);
    CHECK(pruned[0].kept == 3);
    CHECK(pruned[2].candidate == 3);
    CHECK(pruned[2].rung == 1);
    CHECK(pruned[2].place == 2);
    CHECK(pruned[2].of == 3);
    CHECK(pruned[2].kept == 1);
    CHECK(search.agenda.arrivals(search.records) == std::vector<std::size_t>{9, 3, 1});
}

TEST_CASE("nobody is pruned while a rung is open") {
    Simulation search{.agenda = Agenda(halving), .accuracy = std::vector<double>(9, .5)};
    for (int i = 0; i < 8; ++i) search.train(*search.agenda.next(search.records, {}));
    CHECK(search.agenda.pruned(search.records).empty());
    search.train(*search.agenda.next(search.records, {}));
    CHECK(search.agenda.pruned(search.records).size() == 6);
}

TEST_CASE("of equals those go on that were begun first") {
    Simulation search{.agenda = Agenda(halving), .accuracy = std::vector<double>(9, .5)};
    search.run();
    CHECK(steps(search.jobs).back() == std::pair<std::size_t, std::size_t>{0, 2});
}

// Worked through by hand from algorithm 2 of arXiv 1810.05934, for one worker.
TEST_CASE(
    "asha promotes as soon as a third can be told, the higher rung first, and only then begins another") {
    Simulation search{.agenda = Agenda(asha), .accuracy = {.5, .4, .6, .3, .7, .2, .8, .1, .9, .05}};
    search.run();
    CHECK(steps(search.jobs) == Steps{{0, 0},
                                      {1, 0},
                                      {2, 0}, //
                                      {2, 1}, // the best of three
                                      {3, 0},
                                      {4, 0},
                                      {4, 1}, // the best of five: 4 and not 2, which is on its way already
                                      {5, 0}, // of six two may go on, and 4 and 2 have
                                      {6, 0},
                                      {6, 1}, // of seven two may go on: 6 and 4
                                      {6, 2}, // three came to rung 1
                                      {7, 0},
                                      {8, 0},
                                      {8, 1}, // of nine three may go on
                                      {8, 2}, // the best of four, which 6 no longer is
                                      {9, 0}});
    CHECK(search.records[8].end == End::finished);
    const std::vector<Pruned> pruned = search.agenda.pruned(search.records);
    CHECK(pruned.size() == 8);
}

TEST_CASE("a search with too few for a third still trains one in full") {
    for (const Ladder& ladder : {halving, asha}) {
        for (const std::size_t n : {1U, 2U, 4U}) {
            Simulation search{.agenda = Agenda(ladder), .accuracy = std::vector<double>(n, .5)};
            search.accuracy.back() = .75;
            search.run();
            CHECK(std::ranges::count(search.records, End::finished, &Record::end) >= 1);
            CHECK(search.records.back().end == End::finished);
        }
    }
}

TEST_CASE("who fails counts as having come, and is neither promoted nor pruned") {
    for (const Ladder& ladder : {halving, asha}) {
        Simulation search{.agenda = Agenda(ladder),
                          .accuracy = {.9, .8, .7, .6, .5, .4, .3, .2, .1},
                          .fails_after = {{0, 0}, {1, 2}}};
        search.run();
        CHECK(search.records[2].end == End::finished); // 1 was promoted, and failed on its way to rung 1
        for (const Pruned& pruned : search.agenda.pruned(search.records)) CHECK(pruned.candidate > 1);
        Simulation all_fail{.agenda = Agenda(ladder), .accuracy = {.9, .8}, .fails_after = {{0, 0}, {1, 0}}};
        all_fail.run();
        CHECK(all_fail.jobs.size() == 2);
        CHECK(all_fail.agenda.pruned(all_fail.records).empty());
    }
}

TEST_CASE("an accuracy that is no number is the worst") {
    Simulation search{.agenda = Agenda(halving),
                      .accuracy = {std::numeric_limits<double>::quiet_NaN(), .1, .2}};
    search.run();
    CHECK(search.records[2].end == End::finished);
    CHECK(search.agenda.pruned(search.records).front().place == 3);
}

TEST_CASE("a trial that was trained in full before is a measurement at every rung") {
    Simulation search{.agenda = Agenda(halving), .accuracy = {.9, .1, .2}};
    search.records[0] = {.accuracy = std::vector<double>(9, .9), .end = End::finished};
    search.run();
    CHECK(steps(search.jobs) == Steps{{1, 0}, {2, 0}});
}

TEST_CASE("a search that was cut off at any place goes on as if it had not been") {
    for (const Ladder& ladder : {halving, asha}) {
        Simulation whole{.agenda = Agenda(ladder),
                         .accuracy = {.5, .4, .6, .3, .7, .2, .8, .1, .9, .05, .55}};
        whole.run();
        for (std::size_t cut = 0; cut <= whole.jobs.size(); ++cut) {
            Simulation begun{.agenda = Agenda(ladder), .accuracy = whole.accuracy};
            for (std::size_t i = 0; i < cut; ++i) {
                const Job job = *begun.agenda.next(begun.records, {});
                begun.train(job);
            }
            Simulation rest{.agenda = Agenda(ladder, begun.agenda.brackets()),
                            .accuracy = whole.accuracy,
                            .records = begun.records};
            rest.run();
            CHECK(std::vector<Job>(whole.jobs.begin() + static_cast<std::ptrdiff_t>(cut), whole.jobs.end()) ==
                  rest.jobs);
        }
    }
}

TEST_CASE("asha in parts of a budget does what it does in one go") {
    Simulation whole{.agenda = Agenda(asha), .accuracy = {.5, .4, .6, .3, .7, .2, .8, .1, .9, .05, .55}};
    whole.run();
    Simulation parts{.agenda = Agenda(asha), .accuracy = whole.accuracy};
    for (std::int64_t budget = 1; budget <= whole.epochs; ++budget) parts.run(budget);
    CHECK(parts.jobs == whole.jobs);
}

TEST_CASE("a budget of epochs is never exceeded, and halving takes as many candidates as it suffices for") {
    CHECK(candidates_for(halving, epochs_of(halving, 27), 100) == 27);
    CHECK(candidates_for(halving, epochs_of(halving, 27) - 1, 100) == 26);
    CHECK(candidates_for(halving, 1'000'000, 100) == 100);
    CHECK(candidates_for(halving, 8, 100) == 0);
    CHECK(candidates_for(halving, 9, 100) == 1);
    std::vector<double> accuracy;
    for (int i = 0; i < 100; ++i) accuracy.push_back(i % 7 * .1 + i * .001);
    for (const Ladder& ladder : {halving, asha, Ladder{.rungs = {9}}}) {
        for (const std::int64_t budget : {1, 8, 9, 10, 40, 77, 200}) {
            Simulation search{.agenda = Agenda(ladder), .accuracy = accuracy};
            search.run(budget);
            CHECK(search.epochs <= budget);
            // Less is left than a candidate takes to be trained in full.
            CHECK((search.epochs > budget - 9 || ladder.asynchronous));
            // More to spend is another bracket; what was decided stays.
            const auto before = search.agenda.pruned(search.records).size();
            search.run(2 * budget);
            CHECK(search.epochs <= 2 * budget);
            if (!ladder.asynchronous) CHECK(search.agenda.pruned(search.records).size() >= before);
        }
    }
}

TEST_CASE("halving against time goes on with brackets that each train one in full") {
    Agenda agenda(halving);
    std::vector<Record> records(20);
    CHECK(agenda.next(records, {.time = true}) == Job{.candidate = 0, .rung = 0, .epochs = 1});
    CHECK(agenda.brackets() == std::vector<std::size_t>{9});
    for (std::size_t i = 0; i < 9; ++i) records[i].end = End::failed;
    CHECK(agenda.next(records, {.time = true}) == Job{.candidate = 9, .rung = 0, .epochs = 1});
    for (std::size_t i = 0; i < 18; ++i) records[i].end = End::failed;
    CHECK(agenda.next(records, {.time = true})->candidate == 18);
    CHECK(agenda.brackets() == std::vector<std::size_t>{9, 9, 2});
}

TEST_CASE("the order is drawn evenly from the groups, by the seed alone") {
    std::vector<std::uint64_t> groups;
    for (std::uint64_t i = 0; i < 60; ++i) groups.push_back(i % 10 == 0 ? 7 : i % 2);
    const std::vector<std::uint32_t> order = draw_order(groups, 5);
    std::vector<std::uint32_t> sorted = order;
    std::ranges::sort(sorted);
    for (std::uint32_t i = 0; i < 60; ++i) CHECK(sorted[i] == i);
    // Group 7 has six, and three groups take turns until it is used up.
    for (std::size_t round = 0; round < 6; ++round) {
        std::vector<std::uint64_t> here;
        for (std::size_t i = 3 * round; i < 3 * round + 3; ++i) here.push_back(groups[order[i]]);
        std::ranges::sort(here);
        CHECK(here == std::vector<std::uint64_t>{0, 1, 7});
    }
    CHECK(order == draw_order(groups, 5));
    CHECK(order != draw_order(groups, 6));
    CHECK(order != draw_order(groups, 5, 1));
}

TEST_CASE("finalists are those trained in full that are within twice the deviation of a difference") {
    const auto record = [](double accuracy, End end = End::finished) {
        return Record{.accuracy = {.1, accuracy}, .end = end};
    };
    // At 0.8 on 1600 images: 2 sqrt(2 * 0.8 * 0.2 / 1600) = 0.0283.
    const std::vector<Record> candidates{record(.773),  record(.8),
                                         record(.7715), record(.99, End::open),
                                         record(.79),   Record{.end = End::failed},
                                         record(.8),    record(std::numeric_limits<double>::quiet_NaN())};
    CHECK(finalists(candidates, 1600) == std::vector<std::size_t>{1, 6, 4, 0});
    CHECK(finalists(candidates, 1'000'000) == std::vector<std::size_t>{1, 6});
    CHECK(finalists(std::vector<Record>(3), 100).empty());
}
