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
    while (unit + 1 < units.length && x >= base) {
        x /= base;
        unit += 1;
    }
    const digits = unit === 0 || x >= 100 ? 0 : x >= 10 ? 1 : 2;
    return `${x.toFixed(digits)} ${units[unit]}`.trim();
}
const count = (x) => scaled(x, 1000, ["", "k", "M", "G", "T"]);
/// Of nothing measured, which is 0, nothing.
const bytes = (x) => (x ? scaled(x, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]) : nothing);

function duration(seconds) {
    if (!isNumber(seconds)) return nothing;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const s = Math.round(seconds);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
    if (s < 86400)
        return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

const plural = (n, noun) => `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;
const withSpread = (mean, sd, digits = 2) =>
    isNumber(sd) ? `${percent(mean, digits)} ± ${(100 * sd).toFixed(digits)}` : percent(mean, digits);

/// Text for Plotly, which would read tags and entities in it.
const plotText = (text) =>
    String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/// What Plotly shows over a point: lines of text below a title.
const hint = (title, ...lines) => [`<b>${plotText(title)}</b>`, ...lines.map(plotText)].join("<br>");
