// Accuracy by depth and columns.

let heatOf = "mean_score";
let heatGroup = null;
const heatNames = { mean_score: "mean accuracy", best_score: "best accuracy", networks: "networks" };
const heatKey = (cell) => JSON.stringify([cell.family, cell.recipe_label]);

/// Families and recipes, those with the most networks first.
function heatGroups() {
    const groups = new Map();
    for (const cell of pool?.heatMap ?? [])
        groups.set(heatKey(cell), (groups.get(heatKey(cell)) ?? 0) + cell.networks);
    return [...groups].sort((a, b) => b[1] - a[1]).map(([key]) => key);
}
const heatCells = () => (pool?.heatMap ?? []).filter((cell) => heatKey(cell) === heatGroup);

function heatPicture(colours) {
    const cells = heatCells();
    if (cells.length === 0) return noPool;
    const of = (member) => [...new Set(cells.map((cell) => cell[member]))].sort((a, b) => a - b);
    const [depths, columns] = [of("depth"), of("columns")];
    const grid = onGrid(cells, "depth", depths, "columns", columns);
    const isCount = heatOf === "networks";
    const inCell = (cell) => (isCount ? String(cell.networks) : percent(cell[heatOf], 1));
    const spoken = cells.map((cell) => `depth ${cell.depth}, columns ${cell.columns}: ${inCell(cell)}`);
    return {
        traces: [
            {
                type: "heatmap",
                x: columns.map(String),
                y: depths.map(String),
                z: grid((cell) => cell[heatOf]),
                colorscale: "Cividis",
                xgap: 2,
                ygap: 2,
                text: grid(inCell, ""),
                texttemplate: "%{text}",
                hoverongaps: false,
                customdata: grid((cell) => [cell.mean_score, cell.best_score, plural(cell.networks, "network")]),
                hovertemplate:
                    "depth %{y}, columns %{x}<br>mean %{customdata[0]:.2%}, best %{customdata[1]:.2%}, " +
                    "%{customdata[2]}<extra></extra>",
                showscale: !narrowness.matches,
                colorbar: { tickformat: isCount ? "" : ".0%", thickness: 14, outlinewidth: 0 },
            },
        ],
        layout: {
            xaxis: axis(colours, "columns", { type: "category", showgrid: false }),
            yaxis: axis(colours, "depth", { type: "category", showgrid: false }),
        },
        label: `${heatNames[heatOf]} by depth and columns: ${spoken.join("; ")}.`,
    };
}

const heatChoice = element("span");
function offerHeatGroups() {
    const groups = heatGroups();
    heatGroup = groups.includes(heatGroup) ? heatGroup : (groups[0] ?? null);
    heatChoice.replaceChildren(
        ...(groups.length > 1
            ? [
                  choice(
                      "Of",
                      groups.map((key) => [key, JSON.parse(key).join(", ")]),
                      (value) => {
                          heatGroup = value;
                          heatChart.refresh();
                      },
                      heatGroup,
                  ),
              ]
            : []),
    );
}

const heatTable = asTable(
    [
        quantity("depth", (cell) => cell.depth),
        quantity("columns", (cell) => cell.columns),
        quantity("mean", (cell) => cell.mean_score, percent),
        quantity("best", (cell) => cell.best_score, percent),
        quantity("networks", (cell) => cell.networks),
    ],
    "Accuracy by depth and columns",
    heatCells,
);
const heatChart = chart({
    label: "Accuracy by depth and columns",
    about: "Over all layer orders of that depth and number of columns. Families and recipes are never averaged over.",
    controls: [
        choice("Show", Object.entries(heatNames), (value) => {
            heatOf = value;
            heatChart.refresh();
        }),
        heatChoice,
    ],
    picture: heatPicture,
    table: heatTable,
});
