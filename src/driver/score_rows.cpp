// Columns of rows, and their rank correlations.
#include "driver/score_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fractal/plan/paths.hpp>

#include "driver/variant_row.hpp"

namespace fractal::driver {
namespace {

/// The sizes that may be all that a score says.
constexpr std::array<std::string_view, 2> sizes{"parameters", "macs"};

std::vector<double> column(std::span<const ScoreRow> rows, std::string_view name) {
    std::vector<double> values;
    for (const ScoreRow& row : rows) {
        reflect::for_each_field<ScoreRow>([&](const auto& field) {
            if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(field(row))>>) {
                if (field.name() == name) values.push_back(static_cast<double>(field(row)));
            }
        });
    }
    return values;
}

ScoreCorrelation correlation_of(std::string_view name, std::span<const ScoreRow> rows) {
    std::vector<ScoreRow> known;
    const std::vector<double> all = column(rows, name);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].accuracy && !std::isnan(all[i])) known.push_back(rows[i]);
    }
    std::vector<double> accuracy;
    for (const ScoreRow& row : known) accuracy.push_back(*row.accuracy);
    const std::vector<double> values = column(known, name);
    ScoreCorrelation correlation{.score = std::string(name), .plain = scores::spearman(values, accuracy)};
    if (std::ranges::find(sizes, name) == sizes.end()) {
        std::vector<std::vector<double>> controls;
        for (const std::string_view size : sizes) controls.push_back(column(known, size));
        correlation.beyond_size = scores::spearman(values, accuracy, controls);
    }
    return correlation;
}

bool excludes_zero(const std::optional<scores::Correlation>& correlation) {
    return correlation && (correlation->low > 0 || correlation->high < 0);
}

} // namespace

ScoreRow score_row(const Variant& variant, std::int32_t classes, const InitialScores& scores) {
    const store::Subject subject = subject_of(variant, classes);
    const PathCount paths = path_count(*variant.spec);
    return {.variant = subject.variant,
            .parameters = subject.parameters,
            .macs = subject.macs,
            .activation_bytes = subject.activation_bytes,
            .firings = variant.cost.firings,
            .longest_path = variant.cost.longest_path,
            .path_length = paths.length,
            .paths = paths.paths,
            .gradient_norm = scores.gradient_norm,
            .synflow = scores.synflow,
            .naswot = scores.naswot,
            .head_signal = scores.head_signal};
}

std::vector<ScoreCorrelation> correlations(std::span<const ScoreRow> rows) {
    std::vector<ScoreCorrelation> all;
    reflect::for_each_field<ScoreRow>([&](const auto& field) {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(field(rows[0]))>>) {
            all.push_back(correlation_of(field.name(), rows));
        }
    });
    return all;
}

std::string verdict(const ScoreCorrelation& correlation) {
    const bool is_size = std::ranges::find(sizes, correlation.score) != sizes.end();
    if (!correlation.plain) return "nothing can be said";
    if (!is_size && excludes_zero(correlation.beyond_size)) {
        const bool turns = excludes_zero(correlation.plain) &&
                           (correlation.plain->value > 0) != (correlation.beyond_size->value > 0);
        return turns ? "helps beyond size, the other way round" : "helps, beyond size";
    }
    if (excludes_zero(correlation.plain)) return is_size ? "helps" : "helps no more than size does";
    return "does not help";
}

} // namespace fractal::driver
