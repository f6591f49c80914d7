// Charts by Plotly: each is drawn when it comes into view, and again when its choices or the colours change.

const darkness = matchMedia("(prefers-color-scheme: dark)");
const narrowness = matchMedia("(max-width: 40rem)");
const coarsePointer = matchMedia("(pointer: coarse)");

/// The colours of now. The series can be told apart with any kind of sight (Paul Tol's schemes).
function ink() {
    const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return {
        text: of("--text"),
        quiet: of("--quiet"),
        grid: of("--line"),
        ground: of("--card"),
        accent: of("--accent"),
        series: darkness.matches
            ? [
                  "#77aadd",
                  "#ee8866",
                  "#44bb99",
                  "#eedd88",
                  "#99ddff",
                  "#ffaabb",
                  "#bbcc33",
                  "#aaaa00",
                  "#dddddd",
              ]
            : [
                  "#4477aa",
                  "#ee6677",
                  "#228833",
                  "#b59f00",
                  "#33a6cc",
                  "#aa3377",
                  "#777777",
                  "#994f00",
                  "#332288",
              ],
        lowHigh: [
            [0, darkness.matches ? "#c26a3d" : "#b3582c"],
            [0.5, of("--card")],
            [1, darkness.matches ? "#5a9bd8" : "#2f6db3"],
        ],
    };
}

/// An axis with a title. Plotly would read markup in it, so it is text of ours only.
function axis(colours, title, more = {}) {
    return {
        title: { text: title, standoff: 8 },
        gridcolor: colours.grid,
        linecolor: colours.grid,
        zerolinecolor: colours.grid,
        tickcolor: colours.grid,
        automargin: true,
        ...more,
    };
}

const usualHeight = () => (narrowness.matches ? 360 : 440);

function layoutOf(colours, more) {
    const axes = { xaxis: axis(colours, ""), yaxis: axis(colours, "") };
    return {
        font: { family: "system-ui, sans-serif", size: narrowness.matches ? 11 : 12.5, color: colours.text },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        // The buttons are at the top, where there are any.
        margin: narrowness.matches ? { l: 8, r: 8, t: 12, b: 8 } : { l: 8, r: 16, t: 34, b: 8 },
        hoverlabel: {
            bgcolor: colours.ground,
            bordercolor: colours.grid,
            font: { color: colours.text },
            align: "left",
        },
        legend: { orientation: "h", x: 0, y: -0.16, yanchor: "top", font: { size: 11.5 } },
        modebar: { bgcolor: "rgba(0,0,0,0)", color: colours.quiet, activecolor: colours.accent },
        dragmode: coarsePointer.matches ? false : "zoom", // or a finger could not scroll the page
        ...axes,
        ...more,
    };
}

const chartSettings = () => ({
    responsive: true,
    displaylogo: false,
    displayModeBar: !narrowness.matches,
    // None that sends anything anywhere.
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
});

/// For heat maps: a function that puts `value(row)` where the row's members say, and `empty` where there is no row.
function onGrid(rows, yMember, ys, xMember, xs) {
    const at = (y, x) => rows.find((row) => row[yMember] === y && row[xMember] === x);
    return (value, empty = null) => ys.map((y) => xs.map((x) => (at(y, x) ? value(at(y, x)) : empty)));
}

const charts = [];
const whenSeen = new IntersectionObserver(
    (entries) => {
        for (const entry of entries) {
            if (!entry.isIntersecting) continue;
            whenSeen.unobserve(entry.target);
            entry.target.chart.seen();
        }
    },
    { rootMargin: "400px" },
);

/// A figure in which `picture(colours)` says what is drawn: { traces, layout, label }, the label for those who cannot
/// see it; or a text that says why there is nothing to draw. `table`, of asTable, has the same figures. `height()`, in
/// pixels, is kept free before, so that nothing moves when it is drawn.
function chart({
    picture,
    about,
    controls = [],
    table = null,
    onClick = null,
    label = null,
    height = usualHeight,
}) {
    const plot = element("div", { class: "plot" });
    const spoken = element("p", { class: "unseen" });
    plot.style.minHeight = `${height()}px`;
    const frame = element("div", { class: "plot-frame" }, spoken, plot);
    const empty = element("p", { class: "quiet empty", hidden: true });
    const caption = element("figcaption", {}, about);
    const figure = element(
        "figure",
        { "aria-label": label },
        controls.length ? element("div", { class: "controls" }, ...controls) : null,
        frame,
        empty,
        caption,
        table?.element,
    );
    let isSeen = false;
    let listens = false;

    async function draw() {
        if (!isSeen) return;
        const colours = ink();
        const drawn = picture(colours);
        const nothingToDraw = typeof drawn === "string";
        frame.hidden = nothingToDraw;
        empty.hidden = !nothingToDraw;
        if (nothingToDraw) {
            empty.textContent = drawn;
            figure.dataset.drawn = "nothing";
            return;
        }
        spoken.textContent = drawn.label;
        await Plotly.react(
            plot,
            drawn.traces,
            layoutOf(colours, { height: height(), ...drawn.layout }),
            chartSettings(),
        );
        plot.style.minHeight = "";
        // Plotly's shapes and icons have no names, nor has the drawing off the page that it measures texts in; its
        // buttons have.
        for (const shapes of document.querySelectorAll(".main-svg, .modebar-btn svg, #js-plotly-tester"))
            shapes.setAttribute("aria-hidden", "true");
        if (onClick !== null && !listens) plot.on("plotly_click", (event) => onClick(event.points[0]));
        listens = true;
        figure.dataset.drawn = "chart";
    }
    figure.chart = {
        seen: () => {
            isSeen = true;
            draw();
        },
    };
    whenSeen.observe(figure);
    const made = {
        element: figure,
        refresh: () => {
            table?.refresh();
            return draw();
        },
        show: figure.chart.seen,
    };
    charts.push(made);
    return made;
}

for (const change of [darkness, narrowness])
    change.addEventListener("change", () => charts.forEach((made) => made.refresh()));
addEventListener("beforeprint", () => charts.forEach((made) => made.show()));
