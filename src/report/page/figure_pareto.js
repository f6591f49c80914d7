// Accuracy against multiply-accumulates, with the Pareto front.

const rankingColumns = [
    quantity("place", (row) => row.place, String, "place in the ranking"),
    { label: "variant", text: (row) => variantLink(row.subject), key: (row) => row.variant },
    {
        ...quantity(
            "accuracy",
            (row) => row.mean_score,
            percent,
            "mean over the seeds, and the standard deviation of one trial",
        ),
        text: (row) => withSpread(row.mean_score, row.sd_score),
    },
    quantity("seeds", (row) => row.seeds),
    quantity("MACs", (row) => row.macs, count, run.help.macs),
    quantity("parameters", (row) => row.parameters, count, run.help.parameters),
    named("on the front", (row) => (row.pareto ? "yes" : "")),
    named("recipe", (row) => row.recipe_label),
];

function paretoPicture(colours) {
    if (pool === null) return noPool;
    const trace = (rows, name, more) => ({
        type: "scatter",
        name,
        x: rows.map((row) => row.macs),
        y: rows.map((row) => row.mean_score),
        customdata: rows.map((row) => row.place),
        text: rows.map((row) =>
            hint(
                row.variant,
                `${withSpread(row.mean_score, row.sd_score)}, ${plural(row.seeds, "seed")}`,
                `${count(row.macs)} MACs, ${count(row.parameters)} parameters`,
                row.recipe_label,
            ),
        ),
        hoverinfo: "text",
        ...more,
    });
    const families = [...new Set(pool.ranking.map((row) => row.subject.family))].sort();
    const front = pool.ranking.filter((row) => row.pareto).sort((a, b) => a.macs - b.macs);
    const traces = families.map((family, i) =>
        trace(
            pool.ranking.filter((row) => row.subject.family === family && !row.pareto),
            plotText(family),
            {
                mode: "markers",
                marker: {
                    color: colours.series[i % colours.series.length],
                    size: 7,
                    opacity: pool.ranking.length > 500 ? 0.45 : 0.75,
                },
            },
        ),
    );
    traces.push(
        trace(front, "Pareto front", {
            mode: "lines+markers",
            line: { color: colours.text, width: 1.6, shape: "hv" },
            marker: {
                color: front.map(
                    (row) => colours.series[families.indexOf(row.subject.family) % colours.series.length],
                ),
                size: 10,
                line: { color: colours.text, width: 1.6 },
            },
            error_y: {
                type: "data",
                array: front.map((row) => row.sd_score ?? 0),
                color: colours.quiet,
                thickness: 1,
                width: 3,
            },
        }),
    );
    const spoken = (row) => `${row.variant} with ${percent(row.mean_score)} at ${count(row.macs)}`;
    return {
        traces,
        layout: {
            xaxis: axis(colours, "multiply-accumulates of one image", { type: "log", tickformat: "~s" }),
            yaxis: accuracyAxis(colours),
            hovermode: "closest",
        },
        label:
            `${plural(pool.ranking.length, "network")} by ${pool.name} and multiply-accumulates. ${front.length} are ` +
            `on the Pareto front, from ${spoken(front[0])} to ${spoken(front.at(-1))}.`,
    };
}

const paretoTable = asTable(rankingColumns, "Networks by accuracy and cost", () => pool?.ranking ?? []);
const paretoChart = chart({
    label: "Accuracy against multiply-accumulates",
    about:
        "One point is one variant by one recipe: its mean accuracy over the seeds. Of the networks on the front " +
        "none is beaten at fewer multiply-accumulates; their bars are the standard deviation of one trial. A click " +
        "shows the variant.",
    picture: paretoPicture,
    table: paretoTable,
    onClick: (point) => showVariant(pool.ranking.find((row) => row.place === point.customdata).subject),
});
