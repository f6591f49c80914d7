// The run as the page reads it: the rows of the document as objects that know each other.

const documentData = JSON.parse(document.getElementById("data").textContent);
document.getElementById("data").textContent = "";

/// The rows of a table of the document, each as an object.
function rowsOf(table) {
    const names = table.members.map((member) => member.name);
    return table.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

/// What the members of a table mean, by name.
function helpOf(table) {
    return Object.fromEntries(
        table.members.map(({ name, help, unit }) => [name, unit ? `${help}, in ${unit}` : help]),
    );
}

const run = {
    name: documentData.run,
    uses: rowsOf(documentData.uses),
    dispositions: documentData.dispositions,
    drawings: documentData.drawings,
    variants: rowsOf(documentData.variants),
    recipes: rowsOf(documentData.recipes),
    trials: rowsOf(documentData.trials),
    help: {
        ...helpOf(documentData.variants),
        ...helpOf(documentData.trials),
        ...helpOf(documentData.recipes),
    },
};

run.variants.forEach((variant, index) => {
    variant.index = index;
    variant.trials = [];
});

run.trials.forEach((trial, index) => {
    trial.variant = run.variants[trial.variant];
    trial.recipe = run.recipes[trial.recipe];
    trial.judged_by = trial.validation_images > 0 ? "validation" : "test";
    trial.score = trial.judged_by === "validation" ? trial.last_validation_accuracy : trial.test_accuracy;
    trial.curve = documentData.curves.of[index];
    trial.variant.trials.push(trial);
});

const curveMembers = documentData.curves.members.map((member) => member.name);
const variantsByName = new Map(run.variants.map((variant) => [variant.variant, variant]));

/// Sets of trials that can be compared; no chart shows more than one of them.
const pools = documentData.pools.map((pool) => {
    const ranking = rowsOf(pool.ranking);
    for (const row of ranking) row.subject = variantsByName.get(row.variant);
    return {
        data: pool.data,
        judged_by: pool.judged_by,
        trials: pool.trials,
        name: `${pool.judged_by} accuracy on ${pool.data}`,
        ranking,
        heatMap: rowsOf(pool.heat_map),
        orderEffects: rowsOf(pool.order_effects),
        placeEffects: rowsOf(pool.place_effects),
    };
});

/// Those of a pool that a row of its ranking is the mean of.
function trialsOfRow(pool, row) {
    return row.subject.trials.filter(
        (trial) =>
            trial.disposition === "finished" &&
            trial.data === pool.data &&
            trial.judged_by === pool.judged_by &&
            trial.recipe.recipe_label === row.recipe_label,
    );
}
