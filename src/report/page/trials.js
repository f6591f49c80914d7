// The table of all trials: sorted by any column, filtered by words, disposition, family, depth and columns.

const trialColumns = [
    quantity("trial", (trial) => trial.id, String, run.help.id),
    { label: "variant", text: (trial) => variantLink(trial.variant), key: (trial) => trial.variant.variant },
    quantity("seed", (trial) => trial.seed, String, run.help.seed),
    {
        label: "disposition",
        text: (trial) => dispositionMark(trial.disposition),
        key: (trial) => run.dispositions.indexOf(trial.disposition),
        help: run.help.disposition,
    },
    {
        label: "reason",
        class: "long",
        text: (trial) => trial.reason,
        key: (trial) => trial.reason.toLowerCase(),
        help: run.help.reason,
    },
    quantity(
        "validation",
        (trial) => trial.last_validation_accuracy,
        percent,
        `validation accuracy ${run.help.last_validation_accuracy}`,
    ),
    quantity("test", (trial) => trial.test_accuracy, percent, run.help.test_accuracy),
    {
        ...quantity("epochs", (trial) => trial.epochs_done, String, run.help.epochs_done),
        text: (trial) => `${trial.epochs_done}/${trial.recipe.epochs}`,
    },
    quantity("time", (trial) => trial.seconds || null, duration, run.help.seconds),
    quantity("depth", (trial) => trial.variant.depth, String, run.help.depth),
    quantity("columns", (trial) => trial.variant.columns, String, run.help.columns),
    quantity("parameters", (trial) => trial.variant.parameters, count, run.help.parameters),
    quantity("MACs", (trial) => trial.variant.macs, count, run.help.macs),
    quantity("peak", (trial) => trial.peak_bytes || null, bytes, run.help.peak_bytes),
    named("data", (trial) => trial.data, run.help.data),
    { ...named("recipe", (trial) => trial.recipe.recipe_label, run.help.recipe_label), class: "long" },
];

const dispositionMark = (disposition) => element("span", { class: `mark ${disposition}` }, disposition);

const trialTable = sortable(trialColumns, { caption: "Trials" });
const filter = { words: "", dispositions: new Set(), family: "", depth: "", columns: "" };

for (const trial of run.trials) {
    trial.words = [
        trial.variant.variant,
        trial.variant.layer_order,
        trial.disposition,
        trial.data,
        trial.recipe.recipe_label,
        trial.reason,
        `seed ${trial.seed}`,
    ]
        .join(" ")
        .toLowerCase();
}

function isShown(trial) {
    return (
        (filter.dispositions.size === 0 || filter.dispositions.has(trial.disposition)) &&
        (filter.family === "" || trial.variant.family === filter.family) &&
        (filter.depth === "" || String(trial.variant.depth) === filter.depth) &&
        (filter.columns === "" || String(trial.variant.columns) === filter.columns) &&
        hasWords(trial.words, filter.words)
    );
}

function filterTrials() {
    const shown = run.trials.filter(isShown);
    trialTable.set(
        shown,
        shown.length === run.trials.length
            ? `All ${plural(shown.length, "trial")}`
            : `${whole(shown.length)} of ${plural(run.trials.length, "trial")}`,
    );
    if (curvesShown === "table") curvesChart.refresh();
}

/// Dispositions that some trial has, with how many.
function dispositionCounts() {
    return run.dispositions
        .map((disposition) => [
            disposition,
            run.trials.filter((trial) => trial.disposition === disposition).length,
        ])
        .filter(([, n]) => n > 0);
}

const dispositionBoxes = new Map();
function dispositionFilter() {
    return element(
        "fieldset",
        { class: "control" },
        element("legend", {}, "Disposition"),
        ...dispositionCounts().map(([disposition, n]) => {
            const box = element("input", {
                type: "checkbox",
                id: `only-${disposition}`,
                change: () => {
                    box.checked
                        ? filter.dispositions.add(disposition)
                        : filter.dispositions.delete(disposition);
                    filterTrials();
                },
            });
            dispositionBoxes.set(disposition, box);
            return element(
                "span",
                { class: "box" },
                box,
                element("label", { for: box.id }, `${disposition} (${whole(n)})`),
            );
        }),
    );
}

/// Shows the trials that stand so, and no others.
function showOnly(disposition) {
    filter.dispositions = new Set([disposition]);
    for (const [name, box] of dispositionBoxes) box.checked = name === disposition;
    filterTrials();
    document.getElementById("trials").scrollIntoView();
}

function axisFilter(member, label) {
    const values = [...new Set(run.variants.map((variant) => variant[member]))].sort((a, b) =>
        a < b ? -1 : 1,
    );
    if (values.length < 2) return null;
    return choice(label, [["", "any"], ...values.map((value) => [String(value), String(value)])], (value) => {
        filter[member] = value;
        filterTrials();
    });
}

function trialSection() {
    return [
        element(
            "div",
            { class: "controls" },
            searchField("Filter", "words of a name, a recipe, a reason", (words) => {
                filter.words = words;
                filterTrials();
            }),
            ...[
                axisFilter("family", "Family"),
                axisFilter("depth", "Depth"),
                axisFilter("columns", "Columns"),
            ].filter(Boolean),
        ),
        dispositionFilter(),
        trialTable.element,
    ];
}
