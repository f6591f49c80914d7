// The pool that is shown: all charts but that of memory are of one, so that accuracies that cannot be compared
// never meet.

let pool = pools[0] ?? null;
const noPool = "Nothing to show: no trial has finished.";
const accuracyAxis = (colours, more = {}) => axis(colours, pool.name, { tickformat: ".1%", ...more });
