// The best variants of a run. Accuracies on held-out images and on the test set are never put in one list,
// nor are different data sets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reflect/enum_text.hpp"
#include "reflect/fields.hpp"
#include "store/judgement.hpp"
#include "store/sqlite.hpp"

namespace fractal::store {

struct RankQuery {
    std::size_t top = 10;                   ///< rows at most
    std::optional<JudgedBy> judged_by = {}; ///< nothing: validation if there is any such trial
    std::string data =
        {}; ///< empty: the data set with the most such trials; a file's name also without its hash
};

/// One variant trained by one recipe, over its seeds.
struct Ranked {
    std::int32_t place = 0;
    std::string variant = {};
    std::string recipe_label = {};
    std::int64_t seeds = 0;
    double mean_score = 0;
    std::optional<double> sd_score = {};
    double best_score = 0;
    std::optional<double> mean_test_accuracy = {};
    double mean_seconds = 0;
    std::int64_t parameters = 0;
    std::int64_t macs = 0;
    std::int64_t activation_bytes = 0;
    std::optional<double> mean_images_per_second = {};
    std::optional<double> mean_latency = {};
};

/// What a variant costs, to be kept low. `time` is that of a training image, `latency` that of evaluating one
/// image by itself, both as they were measured.
enum class CostKind : std::uint8_t { macs, parameters, activation_bytes, time, latency };

constexpr auto enum_names(CostKind) {
    using enum CostKind;
    return std::to_array<reflect::EnumName<CostKind>>({{macs, "macs"},
                                                       {parameters, "parameters"},
                                                       {activation_bytes, "activation-bytes"},
                                                       {time, "time"},
                                                       {latency, "latency"}});
}

/// Finished trials that can be compared with each other.
struct Pool {
    std::string data = {};
    JudgedBy judged_by = JudgedBy::validation;
    std::int64_t trials = 0;
};

/// Ranked by the mean score; of equals the one with fewer parameters, then by name.
struct Ranking {
    Pool pool = {};                ///< what was ranked
    std::vector<Ranked> rows = {}; ///< the best of them; empty if nothing finished
    std::size_t rows_in_all = 0;   ///< with those that the query's `top` cut off
    std::vector<Pool> others = {}; ///< what was left out because it cannot be compared
};

/// The best variants among the finished trials, by `query`; among those of them for which `condition` holds,
/// an expression over the columns of table trial.
Ranking rank(Database& database, const RankQuery& query, std::string_view condition = "TRUE");

inline constexpr std::array by_macs{CostKind::macs};

/// Of `rows` those that no other beats: none has an equal or higher score at no higher cost of any kind,
/// unless it is equal in all, when the first is kept. The cheapest first, by the first kind of cost; their
/// places kept. What was not measured is the highest.
std::vector<Ranked> pareto_front(std::vector<Ranked> rows, std::span<const CostKind> costs = by_macs);

} // namespace fractal::store

template <>
struct fractal::reflect::Fields<fractal::store::Ranked> {
    using R = store::Ranked;
    static constexpr auto list = hana::make_tuple(
        field<"place", &R::place>("place, from 1"), field<"variant", &R::variant>("name of the variant"),
        field<"recipe_label", &R::recipe_label>("what the recipe was called"),
        field<"seeds", &R::seeds>("finished trials that differ in the seed"),
        field<"mean_score", &R::mean_score>("mean accuracy over the seeds, of the ranking's kind"),
        field<"sd_score", &R::sd_score>("standard deviation of one trial (n - 1); of two seeds or more"),
        field<"best_score", &R::best_score>("highest accuracy of a seed"),
        field<"mean_test_accuracy", &R::mean_test_accuracy>("mean accuracy on the test set"),
        field<"mean_seconds", &R::mean_seconds>("mean time of a trial's epochs", "seconds"),
        field<"parameters", &R::parameters>("trainable scalars"),
        field<"macs", &R::macs>("multiply-accumulates of one image, forward"),
        field<"activation_bytes", &R::activation_bytes>("saved for the backward pass, of one image in fp32",
                                                        "bytes"),
        field<"mean_images_per_second", &R::mean_images_per_second>(
            "mean of the training images in a second"),
        field<"mean_latency", &R::mean_latency>("mean time of evaluating one image by itself", "seconds"));
};

template <>
struct fractal::reflect::Fields<fractal::store::Pool> {
    using P = store::Pool;
    static constexpr auto list = hana::make_tuple(field<"data", &P::data>("data set"),
                                                  field<"judged_by", &P::judged_by>("kind of the accuracy"),
                                                  field<"trials", &P::trials>("finished trials"));
};
