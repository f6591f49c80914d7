// A whole trial from its joined row, and as JSON.
#pragma once

#include <string>

#include "reflect/json.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace fractal::store {

/// `SELECT … FROM trial JOIN recipe …`, to be followed by a WHERE; its rows are for `read_trial`.
std::string select_trials_sql();

/// The trial in the current row of a `select_trials_sql()` statement.
Trial read_trial(const Statement& row);

/// One flat object: id, the members of Subject and Conditions, recipe_label, recipe (an object), those of
/// Outcome.
reflect::Json trial_json(const Trial& trial);

} // namespace fractal::store
