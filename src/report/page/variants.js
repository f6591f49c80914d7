// A section for each variant: its drawing, its figures, its trials and their curves, made when it is opened.

const variantsPerPage = 25;
const drawingStore = new Map();

/// The drawing of one unit, with this variant's name and layer order in it. In a shadow tree, so that its style stays
/// its own.
function drawingOf(variant) {
    if (variant.drawing === null) {
        return element(
            "p",
            { class: "quiet" },
            "No drawing: the program that wrote this report does not have this network.",
        );
    }
    if (!drawingStore.has(variant.drawing)) {
        drawingStore.set(
            variant.drawing,
            new DOMParser().parseFromString(run.drawings[variant.drawing], "image/svg+xml").documentElement,
        );
    }
    const svg = document.importNode(drawingStore.get(variant.drawing), true);
    const words = `One unit of ${variant.variant}`;
    svg.setAttribute("aria-label", words);
    svg.querySelector("title").textContent = words;
    svg.querySelector(".order").textContent = variant.layer_order;
    svg.style.maxWidth = "100%";
    svg.style.height = "auto";
    const host = element("div", { class: "drawing" });
    host.attachShadow({ mode: "open" }).append(svg);
    return host;
}

function factsOf(variant) {
    const fact = (name, value, help) => [element("dt", { title: help }, name), element("dd", {}, value)];
    const layers = element(
        "ol",
        { class: "layers" },
        ...variant.layer_order.split(".").map((layer) => element("li", {}, layer)),
    );
    return element(
        "dl",
        { class: "facts" },
        ...fact("layers of a firing", layers),
        ...fact("depth", `${plural(variant.depth, "unit")}`, run.help.depth),
        ...fact("columns", String(variant.columns), run.help.columns),
        ...fact(
            "parameters",
            `${count(variant.parameters)} (${whole(variant.parameters)})`,
            run.help.parameters,
        ),
        ...fact("MACs", `${count(variant.macs)} (${whole(variant.macs)})`, run.help.macs),
        ...fact("activations", bytes(variant.activation_bytes), run.help.activation_bytes),
        ...(variant.firings === null
            ? []
            : fact(
                  "firings",
                  `${whole(variant.firings)}, of which ${whole(variant.longest_path)} on the longest path`,
                  run.help.firings,
              )),
        ...(variant.full_name && variant.full_name !== variant.variant
            ? fact("full name", element("code", {}, variant.full_name), run.help.full_name)
            : []),
        ...fact("fingerprint", element("code", {}, variant.fingerprint), run.help.fingerprint),
    );
}

function fill(details, variant) {
    const table = sortable(
        trialColumns.filter(
            ({ label }) => !["variant", "depth", "columns", "parameters", "MACs"].includes(label),
        ),
        { caption: `Trials of ${variant.variant}`, perPage: 20 },
    );
    table.set(variant.trials);
    const member = variant.trials.some((trial) => trial.judged_by === "validation")
        ? "validation_accuracy"
        : "train_accuracy";
    const curves = chart({
        label: `Learning curves of ${variant.variant}`,
        about: `${curveNames[member]}, a colour for each trial`,
        height: () => 320,
        picture: (colours) => {
            const traces = curveTraces(
                variant.trials.map((trial) => [`trial ${trial.id}, seed ${trial.seed}`, [trial]]),
                member,
                colours,
            );
            return traces.length === 0
                ? "No epoch of it is recorded."
                : {
                      traces,
                      layout: {
                          xaxis: axis(colours, "epoch", { rangemode: "tozero" }),
                          yaxis: axis(colours, curveNames[member], { tickformat: ".0%" }),
                          showlegend: true,
                      },
                      label: `${curveNames[member]} of ${plural(traces.length, "trial")} by epoch.`,
                  };
        },
    });
    details.append(
        element(
            "div",
            { class: "variant-body" },
            element("div", { class: "portrait" }, drawingOf(variant), factsOf(variant)),
            table.element,
            curves.element,
        ),
    );
}

/// Places in the pool, and how the trials of a variant stand.
function summaryOf(variant, row) {
    const counts = new Map();
    for (const trial of variant.trials)
        counts.set(trial.disposition, (counts.get(trial.disposition) ?? 0) + 1);
    return element(
        "summary",
        {},
        element("span", { class: "name" }, variant.variant),
        element(
            "span",
            { class: "quiet" },
            [
                row ? `place ${row.place}, ${withSpread(row.mean_score, row.sd_score)}` : null,
                [...counts].map(([disposition, n]) => `${n} ${disposition}`).join(", "),
            ]
                .filter(Boolean)
                .join(" · "),
        ),
    );
}

const variantList = element("div", { class: "variant-list" });
const variantPages = element("nav", { class: "pages", "aria-label": "Pages of variants" });
const variantStatus = element("p", { class: "quiet status", role: "status" });
let variantWords = "";
let variantsShown = [];
let firstVariant = 0;

/// The best of the pool first, the others by name.
function rankedVariants() {
    const rows = new Map();
    for (const row of pool?.ranking ?? []) if (!rows.has(row.subject)) rows.set(row.subject, row);
    return [...run.variants]
        .map((variant) => ({ variant, row: rows.get(variant) }))
        .sort(
            (a, b) =>
                (a.row?.place ?? Infinity) - (b.row?.place ?? Infinity) ||
                (a.variant.variant < b.variant.variant ? -1 : 1),
        );
}

function listVariants() {
    variantsShown = rankedVariants().filter(({ variant }) =>
        hasWords(variant.variant.toLowerCase(), variantWords),
    );
    variantStatus.textContent =
        variantsShown.length === run.variants.length
            ? `All ${plural(run.variants.length, "variant")}, the best first`
            : `${whole(variantsShown.length)} of ${plural(run.variants.length, "variant")}`;
    turnVariants(0);
}

function turnVariants(from) {
    firstVariant = Math.max(
        0,
        Math.min(from, Math.floor((variantsShown.length - 1) / variantsPerPage) * variantsPerPage),
    );
    const shown = variantsShown.slice(firstVariant, firstVariant + variantsPerPage);
    variantList.replaceChildren(
        ...shown.map(({ variant, row }) => {
            const details = element(
                "details",
                {
                    class: "variant",
                    "data-variant": variant.variant,
                    toggle: () => {
                        if (details.open && !details.querySelector(".variant-body")) fill(details, variant);
                    },
                },
                summaryOf(variant, row),
            );
            return details;
        }),
    );
    const turn = (text, to, enabled) =>
        element("button", { type: "button", disabled: !enabled, click: () => turnVariants(to) }, text);
    const last = firstVariant + shown.length;
    variantPages.hidden = variantsShown.length <= variantsPerPage;
    variantPages.replaceChildren(
        turn("‹ better", firstVariant - variantsPerPage, firstVariant > 0),
        element(
            "span",
            {},
            `${whole(shown.length ? firstVariant + 1 : 0)}–${whole(last)} of ${whole(variantsShown.length)}`,
        ),
        turn("next ›", last, last < variantsShown.length),
    );
}

const variantSearch = searchField("Filter", "words of a name", (words) => {
    variantWords = words;
    listVariants();
});

/// Opens the section of a variant and goes there.
function showVariant(variant) {
    const target = `#variant=${encodeURIComponent(variant.variant)}`;
    if (location.hash === target) openVariantOfAddress();
    else location.hash = target;
}

function openVariantOfAddress() {
    if (!location.hash.startsWith("#variant=")) return;
    const variant = variantsByName.get(decodeURIComponent(location.hash.slice("#variant=".length)));
    if (variant === undefined) return;
    const isIt = (one) => one.variant === variant;
    if (!variantsShown.some(isIt)) {
        variantSearch.querySelector("input").value = variantWords = "";
        listVariants();
    }
    turnVariants(Math.floor(variantsShown.findIndex(isIt) / variantsPerPage) * variantsPerPage);
    const details = [...variantList.children].find((one) => one.dataset.variant === variant.variant);
    details.open = true;
    details.scrollIntoView();
    details.querySelector("summary").focus({ preventScroll: true });
}

function variantSection() {
    return [element("div", { class: "controls" }, variantSearch), variantStatus, variantList, variantPages];
}
