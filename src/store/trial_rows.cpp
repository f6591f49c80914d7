// The order of columns of a trial's joined row is decided here, once for writing the query and for reading
// it.
#include "store/trial_rows.hpp"

#include "reflect/sql.hpp"

namespace fractal::store {

std::string select_trials_sql() {
    return fmt::format(
        "SELECT trial.id, {}, {}, trial.recipe_label, {}, {} "
        "FROM trial JOIN recipe ON recipe.id = trial.recipe ",
        reflect::sql_columns<Subject>("trial."), reflect::sql_columns<Conditions>("trial."),
        reflect::sql_columns<Recipe>("recipe."), reflect::sql_columns<Outcome>("trial."));
}

Trial read_trial(const Statement& row) {
    Trial trial;
    int at = 0;
    trial.id = row.integer(at++);
    trial.subject = reflect::read_members<Subject>(row, at);
    trial.conditions = reflect::read_members<Conditions>(row, at);
    trial.recipe_label = row.text(at++);
    trial.recipe = reflect::read_members<Recipe>(row, at);
    trial.outcome = reflect::read_members<Outcome>(row, at);
    return trial;
}

reflect::Json trial_json(const Trial& trial) {
    reflect::Json json;
    json["id"] = trial.id;
    json.update(reflect::to_json(trial.subject));
    json.update(reflect::to_json(trial.conditions));
    json["recipe_label"] = trial.recipe_label;
    json["recipe"] = reflect::to_json(trial.recipe);
    json.update(reflect::to_json(trial.outcome));
    return json;
}

} // namespace fractal::store
