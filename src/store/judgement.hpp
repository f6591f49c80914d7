// What trials are judged by, and which can be held against each other: the rule of the columns `judged_by`
// and `score` (schema.cpp) for rows at hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "reflect/enum_text.hpp"
#include "store/rows.hpp"

namespace fractal::store {

/// What a trial is judged by: the last epoch's accuracy on the images held out, or, where none were, the
/// accuracy on the test set.
enum class JudgedBy : std::uint8_t { validation, test };

constexpr auto enum_names(JudgedBy) {
    using enum JudgedBy;
    return std::to_array<reflect::EnumName<JudgedBy>>({{validation, "validation"}, {test, "test"}});
}

constexpr JudgedBy judged_by(const Conditions& conditions) {
    return conditions.validation_images > 0 ? JudgedBy::validation : JudgedBy::test;
}

/// The accuracy that a trial is judged by; nothing before it is known.
constexpr std::optional<double> score_of(const Trial& trial) {
    return judged_by(trial.conditions) == JudgedBy::validation ? trial.outcome.last_validation_accuracy
                                                               : trial.outcome.test_accuracy;
}

/// Whether `data` of a trial's conditions is what a person asked for by `asked`: a file also by its name
/// without the hash. Empty asks for any.
constexpr bool is_asked_for(std::string_view data, std::string_view asked) {
    return asked.empty() || data == asked ||
           (data.size() > asked.size() && data.starts_with(asked) && data[asked.size()] == '@');
}

} // namespace fractal::store
