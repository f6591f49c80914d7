// The peak of a trial's tensors: what the memory plan predicted, and what the allocator counted.

const measured = run.trials.filter(
    (trial) => trial.disposition === "finished" && trial.predicted_peak_bytes > 0 && trial.peak_bytes > 0,
);
const memoryRatio = (trial) => trial.peak_bytes / trial.predicted_peak_bytes;
const asPredicted = measured.filter((trial) => Math.abs(memoryRatio(trial) - 1) <= 0.05).length;
const agreement =
    measured.length === 0
        ? ""
        : `${whole(asPredicted)} of ${whole(measured.length)} are within 5 % of the prediction.`;

function memoryPicture(colours) {
    if (measured.length === 0)
        return "Nothing to show: no finished trial has both a predicted and a measured peak.";
    const MiB = 2 ** 20;
    const plans = [...new Set(measured.map((trial) => trial.recipe.checkpoint))].sort();
    const all = measured.flatMap((trial) => [trial.peak_bytes, trial.predicted_peak_bytes]);
    const ends = [Math.min(...all) / MiB / 1.1, (Math.max(...all) / MiB) * 1.1];
    const sizes = Array.from({ length: 24 }, (_, power) => 2 ** power).filter(
        (size) => size > ends[0] / 2 && size < ends[1] * 2,
    );
    const inBytes = { type: "log", tickvals: sizes, ticktext: sizes.map((size) => bytes(size * MiB)) };
    return {
        traces: [
            {
                type: "scatter",
                mode: "lines",
                x: ends,
                y: ends,
                name: "measured = predicted",
                line: { color: colours.quiet, width: 1.2, dash: "dash" },
                hoverinfo: "skip",
            },
            ...plans.map((plan, i) => {
                const trials = measured.filter((trial) => trial.recipe.checkpoint === plan);
                return {
                    type: "scatter",
                    mode: "markers",
                    name: `checkpoint ${plotText(plan)}`,
                    x: trials.map((trial) => trial.predicted_peak_bytes / MiB),
                    y: trials.map((trial) => trial.peak_bytes / MiB),
                    marker: { color: colours.series[i % colours.series.length], size: 7, opacity: 0.7 },
                    hoverinfo: "text",
                    text: trials.map((trial) =>
                        hint(
                            trial.variant.variant,
                            `seed ${trial.seed}`,
                            `predicted ${bytes(trial.predicted_peak_bytes)}`,
                            `measured ${bytes(trial.peak_bytes)} (${fixed(memoryRatio(trial))} of it)`,
                        ),
                    ),
                    customdata: trials.map((trial) => trial.variant.index),
                };
            }),
        ],
        layout: {
            xaxis: axis(colours, "predicted peak of tensors", inBytes),
            yaxis: axis(colours, "measured", inBytes),
            hovermode: "closest",
            showlegend: true,
        },
        label: `Predicted and measured peak of the tensors of ${plural(measured.length, "trial")}. ${agreement}`,
    };
}
const memoryChart = chart({
    label: "Predicted against measured memory",
    about: `The most bytes that tensors took at once, the data set included. ${agreement}`,
    picture: memoryPicture,
    onClick: (point) => point.customdata !== undefined && showVariant(run.variants[point.customdata]),
    table: asTable(
        [
            {
                label: "variant",
                text: (trial) => variantLink(trial.variant),
                key: (trial) => trial.variant.variant,
            },
            quantity("seed", (trial) => trial.seed),
            named("checkpoint", (trial) => trial.recipe.checkpoint),
            quantity("predicted", (trial) => trial.predicted_peak_bytes, bytes),
            quantity("measured", (trial) => trial.peak_bytes, bytes),
            quantity("ratio", memoryRatio, fixed),
        ],
        "Predicted and measured memory",
        () => measured,
    ),
});
