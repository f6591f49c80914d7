#!/usr/bin/env python3
"""A random sample of a family, every variant trained in full: how accurate it is, what can be known of that before
training, and how well a search would have done.

    python3 bench/sample.py --data-dir data/cifar-10-batches-bin     # docs/results/sample.md

Some variants from each depth and number of columns, as `fractal search --sample` draws them, five epochs of the recipe
`fast` each.
"""

import json
import statistics
import sys

import kept_trials
import report

PUBLISHED_MEAN = 67.6  # percent on the test set after five epochs, over the published runs that were kept
NAME = "sample"


def draw(options, trials):
    """The variants, the cheapest first. What draws is a search, which is stopped in its first steps; of its rows the names
    are taken."""
    folder = options.run / "draw"
    if not (folder / "results.sqlite").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        report.fractal(options, "search", options.variants, "--method", "all", "--sample", options.count,
                       *trials.training(), "--time-limit", "1s", "--run", folder)
    names = [name for (name,) in kept_trials.rows_of(folder, "variant")]
    costs = {row["name"]: row["macs"] for row in json.loads(report.fractal(options, "list", *names, "--json"))}
    return sorted(names, key=costs.get)


def paragraphs(drawn, trials, options):
    store = trials.store
    rows = kept_trials.rows_of(store, "variant, parameters, macs, disposition, reason, score, test_accuracy")
    finished = sorted((row for row in rows if row[3] == "finished"), key=lambda row: -row[5])
    failed = [row for row in rows if row[3] == "failed"]
    test = [100 * row[6] for row in finished]
    low, middle, high = statistics.quantiles(test, n=4, method="inclusive")
    figures = [["variants drawn", drawn], ["trained", len(rows)], ["finished", len(finished)], ["failed", len(failed)],
               ["mean", f"{statistics.mean(test):.2f}"],
               ["mean, less the published one", f"{statistics.mean(test) - PUBLISHED_MEAN:+.2f}"], ["standard deviation", f"{statistics.stdev(test):.2f}"],
               ["least", f"{min(test):.2f}"], ["lower quartile", f"{low:.2f}"], ["median", f"{middle:.2f}"],
               ["upper quartile", f"{high:.2f}"], ["most", f"{max(test):.2f}"]]
    half = max(1, (len(finished) + len(failed)) // 2)
    text = [] if len(rows) == drawn else [
        f"**Not done**: the cheapest {len(rows)} of {drawn} are trained so far, and all figures are of these alone."]
    text += [
        f"Variants of `{options.variants}`, drawn evenly from each depth and number of columns, {options.epochs} epochs of "
        "the recipe `fast` each, seed 0. Accuracy on the test images, which a trial sees once, after its last epoch, in "
        f"percent. The published mean, after five epochs on all training images, is {PUBLISHED_MEAN}: over 964 runs of bare "
        "convolutions of 64 channels in the first unit, where 236 that ended at 12 % or less were left out. Here all that finished count"
        + (f", and {len(failed)} failed." if failed else "."),
        report.table(["test accuracy", "measured"], figures),
        trials.sessions(),
        "## What could be known before\n\n`fractal score --run`:\n\n```text\n"
        + report.fractal(options, "score", "--run", store) + "```",
        "## What a search would have found\n\n`fractal replay --orders 200`:\n\n```text\n"
        + report.fractal(options, "replay", store, "--orders", 200) + "```",
        f"With half of them, drawn anew for each order: `fractal replay --orders 200 --sample {half}`:\n\n```text\n"
        + report.fractal(options, "replay", store, "--orders", 200, "--sample", half) + "```",
        "## Every variant\n\n" + report.table(
            ["variant", "parameters", "MACs", "validation", "test"],
            [[f"`{name}`", parameters, macs, f"{100 * validation:.2f}", f"{100 * tested:.2f}"]
             for name, parameters, macs, _, _, validation, tested in finished])]
    if failed:
        text.append("## What failed\n\n" + report.table(["variant", "why"], [[f"`{row[0]}`", row[4]] for row in failed]))
    return text


def main():
    parser = kept_trials.arguments(__doc__, NAME)
    parser.add_argument("--variants", default="compact/*", help="what is drawn from (compact/*)")
    parser.add_argument("--count", type=int, default=60, help="so many (60)")
    options = report.parsed(parser)
    if options.quick:
        options.variants, options.count, options.epochs = "compact/d1-c[12]-*", 8, 1
    trials = kept_trials.KeptTrials(options, NAME, seeds="0, of the draw, of weights and of images")
    names = draw(options, trials)
    trials.train([trials.plan(name) for name in names])
    if len(trials.figures("test_accuracy")) < 2:
        sys.exit("sample.py: fewer than two are trained yet, too few for a report")
    trials.write(f"A random sample of {len(names)} variants", paragraphs(len(names), trials, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
