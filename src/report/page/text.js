// Quantities as a person reads them, as in the program's own tables.

const nothing = "–";
const isNumber = (x) => typeof x === "number" && Number.isFinite(x);

const percent = (x, digits = 2) => (isNumber(x) ? `${(100 * x).toFixed(digits)} %` : nothing);
/// A difference of accuracies, in percentage points.
const points = (x) => (isNumber(x) ? `${x < 0 ? "−" : "+"}${Math.abs(100 * x).toFixed(2)}` : nothing);
const fixed = (x, digits = 3) => (isNumber(x) ? x.toFixed(digits) : nothing);
const whole = (x) => (isNumber(x) ? x.toLocaleString("en-US") : nothing);

/// Three digits and a unit of the list, each `base` times the one before.
function scaled(x, base, units) {
    if (!isNumber(x)) return nothing;
    let unit = 0;
    // 999.6 would be written as 1000: the next unit begins where rounding reaches it.
    while (unit + 1 < units.length && x >= (unit === 0 ? base : base - 0.5)) {
        x /= base;
        unit += 1;
    }
    const digits = unit === 0 || x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2;
    return `${x.toFixed(digits)} ${units[unit]}`.trim();
}
const count = (x) => scaled(x, 1000, ["", "k", "M", "G", "T"]);
/// Of nothing measured, which is 0, nothing.
const bytes = (x) => (x ? scaled(x, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]) : nothing);

function duration(seconds) {
    if (!isNumber(seconds)) return nothing;
    if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
    const s = Math.round(seconds);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
    const minutes = Math.round(s / 60);
    if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
    const hours = Math.round(s / 3600);
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const plural = (n, noun) => `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;
const withSpread = (mean, sd, digits = 2) =>
    isNumber(sd) ? `${percent(mean, digits)} ± ${(100 * sd).toFixed(digits)}` : percent(mean, digits);

/// Text for Plotly, which would read tags and entities in it.
const plotText = (text) =>
    String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/// What Plotly shows over a point: lines of text below a title.
const hint = (title, ...lines) => [`<b>${plotText(title)}</b>`, ...lines.map(plotText)].join("<br>");
