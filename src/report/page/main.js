// Puts the sections together.

function summarySection() {
    const card = (title, value, more) =>
        element(
            "div",
            { class: "card" },
            element("p", { class: "quiet" }, title),
            element("p", { class: "value" }, value),
            more ? element("p", { class: "quiet" }, more) : null,
        );
    const best = pool?.ranking[0];
    const seconds = run.trials.reduce((sum, trial) => sum + trial.seconds, 0);
    return [
        pools.length > 1
            ? element(
                  "div",
                  { class: "controls" },
                  choice(
                      "Accuracy shown",
                      pools.map((one, i) => [String(i), `${one.name} (${plural(one.trials, "trial")})`]),
                      (value) => takePool(pools[Number(value)]),
                      String(pools.indexOf(pool)),
                  ),
                  element("p", { class: "quiet" }, "What cannot be compared is never in one chart."),
              )
            : null,
        element(
            "div",
            { class: "cards" },
            card("Trials", whole(run.trials.length), `of ${plural(run.variants.length, "variant")}`),
            best
                ? card(
                      `Best by ${pool.name}`,
                      withSpread(best.mean_score, best.sd_score),
                      variantLink(best.subject),
                  )
                : card("Best", nothing, "no trial has finished"),
            card("Time of all epochs", duration(seconds)),
        ),
        element(
            "ul",
            { class: "dispositions", "aria-label": "Dispositions" },
            ...dispositionCounts().map(([disposition, n]) =>
                element(
                    "li",
                    {},
                    element(
                        "button",
                        {
                            type: "button",
                            class: `mark ${disposition}`,
                            title: "show these trials",
                            click: () => showOnly(disposition),
                        },
                        `${whole(n)} ${disposition}`,
                    ),
                ),
            ),
        ),
    ].filter(Boolean);
}

function takePool(chosen) {
    pool = chosen;
    document.getElementById("summary-body").replaceChildren(...summarySection());
    offerHeatGroups();
    for (const made of [paretoChart, curvesChart, heatChart, orderChart, placeChart]) made.refresh();
    listVariants();
}

function begin() {
    const last = run.uses.at(-1);
    document.title = `${run.name} – fractal report`;
    document.getElementById("run-name").textContent = run.name;
    document.getElementById("run-facts").textContent = last
        ? `fractal ${last.version}, ${last.created.replace("T", " ")}, ${last.machine}. ${last.command_line}`
        : "";
    const sections = {
        pareto: [paretoChart.element],
        curves: [curvesChart.element],
        "heat-map": [heatChart.element],
        "order-effects": [orderChart.element],
        "place-effects": [placeChart.element],
        memory: [memoryChart.element],
        trials: trialSection(),
        variants: variantSection(),
    };
    for (const [id, parts] of Object.entries(sections)) document.getElementById(id).append(...parts);
    filterTrials();
    takePool(pool);
    addEventListener("hashchange", openVariantOfAddress);
    openVariantOfAddress();
    document.documentElement.dataset.ready = "true";
}

begin();
