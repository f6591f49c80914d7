// The ranking: seeds are averaged, and what cannot be compared is kept apart.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "store/judgement.hpp"
#include "store/reader.hpp"
#include "store/schema.hpp"
#include "store/writer.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::store;
using namespace fractal::store::testing;

namespace {

struct Results {
    TemporaryFolder folder;
    Writer writer{folder.path(), a_run()};

    /// A finished trial with these accuracies; without a validation accuracy it was trained on all images.
    std::int64_t finished(int variant, std::uint64_t seed, double validation, double test,
                          const std::string& data = "shapes") {
        Recipe recipe;
        recipe.seed = seed;
        recipe.validation_images = validation > 0 ? 5000 : 0;
        Request request = a_request(variant, recipe);
        request.conditions.data = data;
        const std::int64_t id = writer.find_or_add(request).id;
        writer.start(id);
        Epoch epoch = an_epoch(1, validation);
        if (validation <= 0) {
            epoch.validation_accuracy.reset();
        }
        writer.add_epoch(id, epoch);
        writer.end(
            id,
            {.disposition = Disposition::finished, .reason = {}, .test_accuracy = test, .test_loss = 1.0});
        return id;
    }
    Ranking rank(const RankQuery& query = {}) const { return Reader(folder.path()).rank(query); }
};

std::vector<std::string> names(const Ranking& ranking) {
    std::vector<std::string> names;
    for (const Ranked& row : ranking.rows) {
        names.push_back(row.variant);
    }
    return names;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("seeds of one variant are one row with mean, deviation and number") {
    Results results;
    results.finished(1, 0, 0.5, 0.45);
    results.finished(1, 1, 0.7, 0.55);
    results.finished(1, 2, 0.9, 0.65);
    results.finished(2, 0, 0.75, 0.2);
    const Ranking ranking = results.rank();
    REQUIRE(names(ranking) == Names{"paper/d1-c1-v2", "paper/d1-c1-v1"});
    const Ranked& row = ranking.rows[1];
    CHECK(row.place == 2);
    CHECK(row.seeds == 3);
    CHECK(row.mean_score == doctest::Approx(0.7));
    REQUIRE(row.sd_score);
    CHECK(*row.sd_score == doctest::Approx(0.2));
    CHECK(row.best_score == 0.9);
    CHECK(*row.mean_test_accuracy == doctest::Approx(0.55));
    CHECK(row.parameters == 1001);
    CHECK_FALSE(ranking.rows[0].sd_score);
}

TEST_CASE("validation and test accuracies, and data sets, are never in one list") {
    Results results;
    results.finished(1, 0, 0.5, 0.4);
    results.finished(2, 0, 0, 0.9);
    results.finished(3, 0, 0, 0.8);
    results.finished(4, 0, 0.99, 0.99, "cifar10");
    results.finished(5, 0, 0.6, 0.4);
    Ranking ranking = results.rank();
    CHECK(ranking.pool.judged_by == JudgedBy::validation);
    CHECK(ranking.pool.data == "shapes"); // more trials than cifar10
    CHECK(names(ranking) == Names{"paper/d1-c1-v5", "paper/d1-c1-v1"});
    REQUIRE(ranking.others.size() == 2);
    CHECK(ranking.others[0].data == "cifar10");
    CHECK(ranking.others[1].judged_by == JudgedBy::test);
    CHECK(ranking.others[1].trials == 2);

    ranking = results.rank({.judged_by = JudgedBy::test});
    CHECK(names(ranking) == Names{"paper/d1-c1-v2", "paper/d1-c1-v3"});
    CHECK(ranking.rows[0].mean_score == 0.9);
    CHECK(names(results.rank({.data = "cifar10"})) == Names{"paper/d1-c1-v4"});
    CHECK(results.rank({.data = "nothing"}).rows.empty());
    CHECK(results.rank({.data = "nothing"}).others.size() == 3);
}

TEST_CASE("a trial at hand is judged as its row is") {
    Results results;
    results.finished(1, 0, 0.5, 0.45);
    results.finished(2, 0, 0, 0.75);
    results.writer.find_or_add(a_request(3, {}));
    Reader reader(results.folder.path());
    for (const Trial& trial : reader.trials()) {
        const auto judged = std::string(reflect::enum_text(judged_by(trial.conditions)));
        const std::string score =
            score_of(trial) ? fmt::format("score = {}", *score_of(trial)) : std::string("score IS NULL");
        CAPTURE(trial.subject.variant);
        CHECK(reader.trials_where(fmt::format("id = {} AND judged_by = '{}' AND {}", trial.id, judged,
                                              score)) == std::vector{trial.id});
    }
}

TEST_CASE("a file of data is asked for with its hash or without") {
    CHECK(is_asked_for("mine.fractal-data@1f", "mine.fractal-data@1f"));
    CHECK(is_asked_for("mine.fractal-data@1f", "mine.fractal-data"));
    CHECK(is_asked_for("shapes", ""));
    CHECK_FALSE(is_asked_for("mine.fractal-data@1f", "mine"));
    CHECK_FALSE(is_asked_for("shapes", "shapes@1f"));

    // One that is called so to the letter comes first.
    Results results;
    results.finished(1, 0, 0.5, 0.5, "shapes@1f");
    results.finished(2, 0, 0.5, 0.5, "shapes@1f");
    CHECK(results.rank({.data = "shapes"}).pool.data == "shapes@1f");
    results.finished(3, 0, 0.5, 0.5, "shapes");
    CHECK(results.rank({.data = "shapes"}).pool.data == "shapes");
    CHECK(results.rank({.data = "shapes@1f"}).rows.size() == 2);
}

TEST_CASE("where no images were held out the ranking is by test accuracy and says so") {
    Results results;
    results.finished(1, 0, 0, 0.4);
    const Ranking ranking = results.rank();
    CHECK(ranking.pool.judged_by == JudgedBy::test);
    CHECK(ranking.rows.size() == 1);
}

TEST_CASE("the last epoch's accuracy counts, not the luckiest") {
    Results results;
    const std::int64_t id = results.finished(1, 0, 0.9, 0.5);
    results.writer.add_epoch(id, an_epoch(2, 0.6));
    CHECK(results.rank().rows.at(0).mean_score == 0.6);
}

TEST_CASE("only finished trials are ranked; of equals the smaller; no more than asked for") {
    Results results;
    results.finished(3, 0, 0.5, 0.5);
    results.finished(2, 0, 0.5, 0.5);
    results.finished(4, 0, 0.4, 0.5);
    const std::int64_t pruned = results.finished(1, 0, 0.9, 0.5);
    results.writer.end(pruned, {.disposition = Disposition::pruned, .reason = "rung 1"});
    CHECK(names(results.rank()) == Names{"paper/d1-c1-v2", "paper/d1-c1-v3", "paper/d1-c1-v4"});
    CHECK(names(results.rank({.top = 1})) == Names{"paper/d1-c1-v2"});
    CHECK(results.rank({.top = 1}).rows[0].place == 1);
    CHECK(Results().rank().rows.empty());
}

TEST_CASE("the front by several costs has whom none beats in all of them at once") {
    const auto row = [](int place, double score, std::int64_t macs, std::int64_t parameters,
                        std::int64_t bytes, std::optional<double> speed) {
        return Ranked{.place = place,
                      .mean_score = score,
                      .parameters = parameters,
                      .macs = macs,
                      .activation_bytes = bytes,
                      .mean_images_per_second = speed};
    };
    const std::vector<Ranked> rows{row(1, .9, 90, 50, 10, 100), row(2, .8, 80, 60, 20, 200),
                                   row(3, .7, 85, 55, 30, 300), row(4, .7, 85, 40, 40, {}),
                                   row(5, .7, 85, 40, 40, 50),  row(6, .6, 95, 70, 5, 10)};
    const auto places = [&](const std::vector<CostKind>& costs) {
        std::vector<int> front;
        for (const Ranked& one : pareto_front(rows, costs)) front.push_back(one.place);
        return front;
    };
    using enum CostKind;
    CHECK(places({macs}) == std::vector<int>{2, 1});
    CHECK(pareto_front(rows).size() == 2);
    CHECK(places({parameters}) == std::vector<int>{4, 1}); // 5 is as 4, and comes later
    CHECK(places({activation_bytes}) == std::vector<int>{6, 1});
    CHECK(places({time}) == std::vector<int>{3, 2, 1});
    CHECK(places({macs, parameters}) == std::vector<int>{2, 4, 1});
    CHECK(places({parameters, macs}) == std::vector<int>{4, 1, 2});
    CHECK(places({macs, parameters, activation_bytes, time}) == std::vector<int>{2, 5, 3, 1, 6});

    // By its definition, on many rows: no loss of whom a row beats that is itself beaten.
    std::vector<Ranked> many;
    for (int i = 0; i < 200; ++i) {
        many.push_back(row(i, (i * 37 % 101) * .01, i * 53 % 17, i * 29 % 13, i * 11 % 7, 1. + i * 7 % 5));
    }
    const auto beats = [](const Ranked& a, const Ranked& b) {
        const bool as_good = a.mean_score >= b.mean_score && a.macs <= b.macs && a.parameters <= b.parameters;
        return as_good && (a.mean_score > b.mean_score || a.macs < b.macs || a.parameters < b.parameters);
    };
    std::size_t unbeaten = 0;
    for (const Ranked& one : many) {
        unbeaten +=
            std::ranges::none_of(many, [&](const Ranked& other) { return beats(other, one); }) ? 1 : 0;
    }
    const std::vector<CostKind> both{macs, parameters};
    const std::vector<Ranked> front = pareto_front(many, both);
    CHECK(front.size() == unbeaten);
    for (const Ranked& one : front) {
        CHECK(std::ranges::none_of(many, [&](const Ranked& other) { return beats(other, one); }));
    }
}

TEST_CASE("a ranking has the mean speed over the seeds") {
    Results results;
    const std::int64_t id = results.finished(1, 0, .5, .5);
    Epoch slow = an_epoch(2, .5);
    slow.images_per_second = 500;
    results.writer.add_epoch(id, slow);
    results.finished(1, 1, .5, .5);
    CHECK(results.rank().rows.at(0).mean_images_per_second == doctest::Approx((750. + 1000.) / 2));
    CHECK(results.rank().rows.at(0).activation_bytes == 3000);
}

TEST_CASE("a ranking has the mean latency over the seeds that have one, and goes by it") {
    Results results;
    for (const auto& [number, seed, latency] : std::vector<std::tuple<int, int, std::optional<double>>>{
             {1, 0, .002}, {1, 1, .004}, {2, 0, {}}, {3, 0, .001}, {3, 1, {}}}) {
        const std::int64_t id = results.finished(number, seed, .5 + .1 * number, .5);
        results.writer.end(id, {.test_accuracy = .5, .test_loss = 1., .latency = latency});
    }
    std::vector<Ranked> rows = results.rank().rows;
    CHECK(rows.at(0).mean_latency == doctest::Approx(.001));
    CHECK_FALSE(rows.at(1).mean_latency);
    CHECK(rows.at(2).mean_latency == doctest::Approx(.003));
    constexpr std::array by_latency{CostKind::latency};
    rows = pareto_front(rows, by_latency);
    REQUIRE(rows.size() == 1); // the best is the fastest, too
    CHECK(rows.at(0).place == 1);
}

TEST_CASE("fifty thousand trials are opened and ranked while a person does not notice") {
    Results results;
    std::vector<Request> requests;
    for (int i = 0; i < 50'000; ++i) {
        Recipe recipe;
        recipe.seed = static_cast<std::uint64_t>(i % 20);
        recipe.validation_images = 5000;
        requests.push_back(a_request(i / 20, recipe));
    }
    results.writer.find_or_add(requests);
    Database(results.folder.results(), Database::Mode::write)
        .run(
            "UPDATE trial SET disposition = 'finished', last_validation_accuracy = (id * 7919 % 1009) / "
            "1009.0");
    const Ranking ranking = results.rank({.top = 20});
    CHECK(ranking.rows.size() == 20);
    CHECK(ranking.rows[0].seeds == 20);
    CHECK(ranking.pool.trials == 50'000);
}
