// Accuracy against a cost, with the Pareto front.

const costs = {
    macs: { axis: "multiply-accumulates of one image", of: (row) => row.macs, text: (x) => `${count(x)} MACs` },
    parameters: { axis: "parameters", of: (row) => row.parameters, text: (x) => `${count(x)} parameters` },
    activation_bytes: {
        axis: "bytes kept for the backward pass of one image",
        of: (row) => row.activation_bytes,
        text: (x) => `${bytes(x)} of activations`,
    },
    time: {
        axis: "milliseconds of training for one image, as measured",
        of: (row) => (row.mean_images_per_second > 0 ? 1000 / row.mean_images_per_second : null),
        text: (x) => `${fixed(x)} ms of training an image`,
    },
    latency: {
        axis: "milliseconds of evaluating one image by itself, as measured",
        of: (row) => (row.mean_latency === null ? null : 1000 * row.mean_latency),
        text: (x) => `${fixed(x)} ms of evaluating one image`,
    },
};
let costShown = "macs";
const costOf = (row) => costs[costShown].of(row);
const onFront = (row) => row[`front_${costShown}`];

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
    quantity("activations", (row) => row.activation_bytes, bytes, run.help.activation_bytes),
    named("on the front", (row) => (onFront(row) ? "yes" : "")),
    named("recipe", (row) => row.recipe_label),
];

function paretoPicture(colours) {
    if (pool === null) return noPool;
    const trace = (rows, name, more) => ({
        type: "scatter",
        name,
        x: rows.map(costOf),
        y: rows.map((row) => row.mean_score),
        customdata: rows.map((row) => row.place),
        text: rows.map((row) =>
            hint(
                row.variant,
                `${withSpread(row.mean_score, row.sd_score)}, ${plural(row.seeds, "seed")}`,
                ...Object.values(costs)
                    .filter((cost) => cost.of(row) !== null)
                    .map((cost) => cost.text(cost.of(row))),
                row.recipe_label,
            ),
        ),
        hoverinfo: "text",
        ...more,
    });
    const networks = pool.ranking.filter((row) => costOf(row) !== null);
    if (networks.length === 0) return `Nothing to show: ${costs[costShown].axis}: of no network here.`;
    const families = [...new Set(networks.map((row) => row.subject.family))].sort();
    const front = networks.filter(onFront).sort((a, b) => costOf(a) - costOf(b));
    const traces = families.map((family, i) =>
        trace(
            networks.filter((row) => row.subject.family === family && !onFront(row)),
            plotText(family),
            {
                mode: "markers",
                marker: {
                    color: colours.series[i % colours.series.length],
                    size: 7,
                    opacity: networks.length > 500 ? 0.45 : 0.75,
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
    const spoken = (row) =>
        `${row.variant} with ${percent(row.mean_score)} at ${costs[costShown].text(costOf(row))}`;
    return {
        traces,
        layout: {
            xaxis: axis(colours, costs[costShown].axis, { type: "log", tickformat: "~s" }),
            yaxis: accuracyAxis(colours),
            hovermode: "closest",
        },
        label:
            `${plural(networks.length, "network")} by ${pool.name} and ${costs[costShown].axis}. ${front.length} are ` +
            `on the Pareto front, from ${spoken(front[0])} to ${spoken(front.at(-1))}.`,
    };
}

const paretoTable = asTable(rankingColumns, "Networks by accuracy and cost", () => pool?.ranking ?? []);
const paretoChart = chart({
    label: "Accuracy against cost",
    about:
        "One point is one variant by one recipe: its mean accuracy over the seeds. Of the networks on the front " +
        "none is beaten at less of that cost; their bars are the standard deviation of one trial. A click " +
        "shows the variant.",
    controls: [
        choice(
            "Cost",
            Object.entries({
                macs: "multiply-accumulates",
                parameters: "parameters",
                activation_bytes: "activation bytes",
                time: "measured time of training",
                latency: "measured latency",
            }),
            (value) => {
                costShown = value;
                paretoChart.refresh();
            },
            costShown,
        ),
    ],
    picture: paretoPicture,
    table: paretoTable,
    onClick: (point) => showVariant(pool.ranking.find((row) => row.place === point.customdata).subject),
});
