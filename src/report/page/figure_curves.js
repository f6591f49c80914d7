// Learning curves: never all, but those of the best, of the front, or of the trials that the table shows.

const mostCurves = 40;
let curveOf = run.trials.some((trial) => trial.judged_by === "validation")
    ? "validation_accuracy"
    : "train_accuracy";
let curvesShown = pool === null ? "table" : "best";
const curveNames = {
    validation_accuracy: "validation accuracy",
    train_accuracy: "training accuracy",
    validation_loss: "validation loss",
    train_loss: "training loss",
};

/// [what it is called, its trials] for each colour.
function curveGroups() {
    if (curvesShown === "table") {
        const groups = new Map();
        for (const trial of trialTable
            .rows()
            .filter((one) => one.curve.length > 0)
            .slice(0, mostCurves)) {
            groups.set(trial.variant, [...(groups.get(trial.variant) ?? []), trial]);
        }
        return [...groups].map(([variant, trials]) => [variant.variant, trials]);
    }
    const rows =
        curvesShown === "front" ? pool?.ranking.filter((row) => row.front_macs) : pool?.ranking.slice(0, 10);
    return (rows ?? []).map((row) => [row.variant, trialsOfRow(pool, row)]);
}

/// Lines of trials, one colour for each group.
function curveTraces(groups, member, colours) {
    const x = curveMembers.indexOf("epoch");
    const y = curveMembers.indexOf(member);
    let left = mostCurves;
    return groups.flatMap(([name, trials], group) =>
        trials
            .filter((trial) => trial.curve.some((point) => isNumber(point[y])) && left-- > 0)
            .map((trial, i) => ({
                type: "scatter",
                mode: trial.curve.length > 1 ? "lines" : "markers",
                x: trial.curve.map((point) => point[x]),
                y: trial.curve.map((point) => point[y]),
                name: plotText(name),
                legendgroup: String(group),
                showlegend: i === 0,
                line: {
                    color: colours.series[group % colours.series.length],
                    width: 1.8,
                    dash: group < colours.series.length ? "solid" : "dot",
                },
                meta: [trial.seed],
                hovertemplate:
                    "<b>%{fullData.name}</b>, seed %{meta[0]}<br>epoch %{x}: %{y" +
                    `${member.endsWith("accuracy") ? ":.2%" : ":.4f"}}<extra></extra>`,
            })),
    );
}

function curvesPicture(colours) {
    const traces = curveTraces(curveGroups(), curveOf, colours);
    if (traces.length === 0)
        return `Nothing to show: none of these trials has an epoch with ${curveNames[curveOf]}.`;
    const isLoss = curveOf.endsWith("loss");
    return {
        traces,
        layout: {
            xaxis: axis(colours, "epoch", { rangemode: "tozero" }),
            yaxis: axis(colours, curveNames[curveOf], { tickformat: isLoss ? "" : ".0%" }),
            showlegend: true,
        },
        label: `Learning curves of ${plural(traces.length, "trial")}: ${curveNames[curveOf]} by epoch.`,
    };
}

const curvesChart = chart({
    label: "Learning curves",
    about:
        `Each line is a trial; seeds of one variant share a colour. At most ${mostCurves} are drawn, and at most ` +
        "100 epochs of each. To choose freely, filter the trials below and show “the trials of the table”.",
    controls: [
        choice(
            "Show",
            [
                ["best", "the ten best"],
                ["front", "the Pareto front by MACs"],
                ["table", "the trials of the table"],
            ],
            (value) => {
                curvesShown = value;
                curvesChart.refresh();
            },
            curvesShown,
        ),
        choice(
            "Curve",
            Object.entries(curveNames),
            (value) => {
                curveOf = value;
                curvesChart.refresh();
            },
            curveOf,
        ),
    ],
    picture: curvesPicture,
    // With lines for the legend.
    height: () => usualHeight() + 30 * Math.ceil(curveGroups().length / (narrowness.matches ? 1 : 3)),
});
