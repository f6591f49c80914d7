// What layer orders, and the places of layers in them, do to the accuracy.

const effectText = (row) =>
    isNumber(row.standard_error)
        ? `${points(row.effect)} ± ${(100 * row.standard_error).toFixed(2)}`
        : points(row.effect);
const effectColumns = [
    {
        ...quantity(
            "effect",
            (row) => row.effect,
            points,
            "difference in percentage points, and its standard error",
        ),
        text: effectText,
    },
    quantity("networks", (row) => row.networks),
];
const noEffects = "Nothing to compare: no two finished networks share family, depth, columns and recipe.";
const effectAbout =
    "An effect is the mean difference, in percentage points, from the mean of the networks of the same " +
    "family, depth, columns and recipe. Bars and ± are its standard error.";

function orderPicture(colours) {
    const rows = pool?.orderEffects ?? [];
    if (rows.length === 0) return noEffects;
    return {
        traces: [
            {
                type: "bar",
                orientation: "h",
                x: rows.map((row) => 100 * row.effect),
                y: rows.map((row) => plotText(row.layer_order)),
                marker: {
                    color: rows.map((row) =>
                        row.effect < 0 ? colours.lowHigh[0][1] : colours.lowHigh[2][1],
                    ),
                },
                error_x: {
                    type: "data",
                    array: rows.map((row) => 100 * (row.standard_error ?? 0)),
                    color: colours.quiet,
                    thickness: 1,
                    width: 2,
                },
                hovertext: rows.map((row) =>
                    hint(
                        row.layer_order,
                        `${effectText(row)} points, ${plural(row.networks, "network")}`,
                        `mean accuracy ${percent(row.mean_score)}`,
                    ),
                ),
                hoverinfo: "text",
            },
        ],
        layout: {
            xaxis: axis(colours, "percentage points", {
                side: "top",
                zeroline: true,
                zerolinecolor: colours.quiet,
            }),
            yaxis: axis(colours, "", {
                autorange: "reversed",
                type: "category",
                showgrid: false,
                ticklabelstandoff: 6,
            }),
            bargap: 0.25,
            showlegend: false,
        },
        label:
            `Effects of ${plural(rows.length, "layer order")}, in percentage points, from ${rows[0].layer_order} ` +
            `with ${points(rows[0].effect)} to ${rows.at(-1).layer_order} with ${points(rows.at(-1).effect)}.`,
    };
}
const orderChart = chart({
    label: "Effect of each layer order",
    about: effectAbout,
    picture: orderPicture,
    height: () => 90 + 21 * (pool?.orderEffects.length ?? 0),
    table: asTable(
        [
            named("layer order", (row) => row.layer_order),
            ...effectColumns,
            quantity("mean accuracy", (row) => row.mean_score, percent),
        ],
        "Effect of each layer order",
        () => pool?.orderEffects ?? [],
    ),
});

const placeName = (place) => (place === 0 ? "not there" : `place ${place}`);
function placePicture(colours) {
    const rows = pool?.placeEffects ?? [];
    if (rows.length === 0) return noEffects;
    const layers = [...new Set(rows.map((row) => row.layer))].sort().reverse();
    const places = [...new Set(rows.map((row) => row.place))].sort(
        (a, b) => (a || Infinity) - (b || Infinity),
    );
    const grid = onGrid(rows, "layer", layers, "place", places);
    const spoken = rows.map((row) => `${row.layer} ${placeName(row.place)} ${points(row.effect)}`);
    const most = Math.max(...rows.map((row) => Math.abs(100 * row.effect)));
    return {
        traces: [
            {
                type: "heatmap",
                x: places.map(placeName),
                y: layers.map(plotText),
                z: grid((row) => 100 * row.effect),
                zmin: -most,
                zmax: most,
                colorscale: colours.lowHigh,
                xgap: 2,
                ygap: 2,
                text: grid((row) => points(row.effect), ""),
                texttemplate: "%{text}",
                hoverongaps: false,
                customdata: grid((row) => `${effectText(row)} points, ${plural(row.networks, "network")}`),
                hovertemplate: "%{y}, %{x}<br>%{customdata}<extra></extra>",
                showscale: !narrowness.matches,
                colorbar: { thickness: 14, outlinewidth: 0 },
            },
        ],
        layout: {
            xaxis: axis(colours, "", { type: "category", showgrid: false, side: "top" }),
            yaxis: axis(colours, "", { type: "category", showgrid: false }),
        },
        label: `Effect of each layer at each place of the layer order, in percentage points: ${spoken.join("; ")}.`,
    };
}
const placeChart = chart({
    label: "Effect of each layer’s place",
    about: effectAbout,
    picture: placePicture,
    height: () => 110 + 52 * new Set(pool?.placeEffects.map((row) => row.layer)).size,
    table: asTable(
        [
            named("layer", (row) => row.layer),
            quantity("place", (row) => row.place, placeName),
            ...effectColumns,
        ],
        "Effect of each layer’s place",
        () => pool?.placeEffects ?? [],
    ),
});
