#!/usr/bin/env python3
"""A random sample of a family, every variant trained in full: how accurate it is, what can be known of that before
training, and how well a search would have done.

    python3 bench/sample.py --data-dir data/cifar-10-batches-bin     # docs/results/sample.md

Some variants from each depth and number of columns, as `fractal search --sample` draws them, five epochs of the recipe
`fast` each, one thread to a trial and as many trials at once as there are cores. It takes hours, and may be stopped: the
rows of finished trials are written to sample.sql, the text of an SQLite database, as they come. Given the same command
again it goes on, from --run if that is there, or else, on another machine too, from sample.sql.
"""

import concurrent.futures
import json
import os
import pathlib
import sqlite3
import statistics
import sys
import threading
import time

import report

PUBLISHED_MEAN = 67.6  # percent on the test set after five epochs, over the published networks (arXiv 2511.07329)
NAME = "sample"
RECIPE = "(SELECT identity FROM recipe WHERE recipe.id = seedless)"


def rows_of(run, columns, condition="1"):
    with sqlite3.connect(run / "results.sqlite") as store:
        return store.execute(f"SELECT {columns} FROM trials WHERE {condition}").fetchall()


def dump(run, file):
    """Writes the run's store as text. Of a database the text says all but its numbers of format."""
    with sqlite3.connect(run / "results.sqlite") as store:
        numbers = [f"PRAGMA {name}={store.execute(f'PRAGMA {name}').fetchone()[0]};"
                   for name in ("application_id", "user_version")]
        lines = [*numbers, *store.iterdump()]
    beside = file.with_suffix(".new")
    beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    beside.replace(file)


def restore(file, run):
    run.mkdir(parents=True)
    with sqlite3.connect(run / "results.sqlite") as store:
        store.executescript(file.read_text(encoding="utf-8"))


def training_of(options):
    return [*report.data_flags(options), "--recipe", "fast", "--epochs", options.epochs, "--threads", 1, "--no-weights"]


def draw(options):
    """The variants. What draws is a search, which is stopped in its first steps; of its rows the names are taken."""
    folder = options.run / "draw"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        report.fractal(options, "search", options.variants, "--method", "all", "--sample", options.count,
                       *training_of(options), "--time-limit", "1s", "--run", folder)
    return [name for (name,) in rows_of(folder, "variant")]


def train(options, names, session, keep):
    """Trains what is not finished, the cheapest first; `keep` is called after each."""
    store = options.run / "all"
    if not store.exists() and options.rows.exists():
        restore(options.rows, store)
    ended = rows_of(store, "variant", "disposition IN ('finished', 'failed')") if store.exists() else []
    recipes = {folder: set(rows_of(folder, RECIPE)) for folder in (options.run / "draw", store) if folder.exists()}
    if not recipes.get(store, set()) <= recipes[options.run / "draw"]:
        sys.exit(f"sample.py: {store} holds trials by another recipe than today's; move it and {options.rows} away to "
                 "draw and train anew, or check out the commit that trained them")
    costs = {row["name"]: row["macs"] for row in json.loads(report.fractal(options, "list", *names, "--json"))}
    left = sorted(set(names) - {name for (name,) in ended}, key=costs.get)
    began, writing = time.monotonic(), threading.Lock()

    def one(name):
        if options.time_limit is not None and time.monotonic() - began >= 60 * options.time_limit:
            return
        folder = options.run / "trials" / name.replace("/", "-")
        report.fractal(options, "train", name, *training_of(options), "--run", folder)
        with writing:
            report.fractal(options, "merge", store, folder)
            dump(store, options.rows)
            session["trained"].append(name)
            keep()
            print(f"{len(session['trained'])} of {len(left)}: {name}", file=sys.stderr, flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(one, name) for name in left]:
            done.result()
    return store


def paragraphs(measured, store, options):
    rows = rows_of(store, "variant, parameters, macs, disposition, reason, score, test_accuracy")
    finished = sorted((row for row in rows if row[3] == "finished"), key=lambda row: -row[5])
    failed = [row for row in rows if row[3] == "failed"]
    test = [100 * row[6] for row in finished]
    low, middle, high = statistics.quantiles(test, n=4, method="inclusive")
    figures = [["variants drawn", measured["drawn"]], ["trained", len(rows)], ["finished", len(finished)], ["failed", len(failed)],
               ["mean", f"{statistics.mean(test):.2f}"], ["standard deviation", f"{statistics.stdev(test):.2f}"],
               ["least", f"{min(test):.2f}"], ["lower quartile", f"{low:.2f}"], ["median", f"{middle:.2f}"],
               ["upper quartile", f"{high:.2f}"], ["most", f"{max(test):.2f}"]]
    text = [] if len(rows) == measured["drawn"] else [
        f"**Not done**: the cheapest {len(rows)} of {measured['drawn']} are trained so far, and all figures are of these alone."]
    text += [
        f"Variants of `{options.variants}`, drawn evenly from each depth and number of columns, {options.epochs} epochs of "
        "the recipe `fast` each, seed 0. Accuracy on the test images, which a trial sees once, after its last epoch, in "
        f"percent. The mean over the published networks, after five epochs on all training images, is {PUBLISHED_MEAN}.",
        report.table(["test accuracy", "measured"], figures),
        "Trained in these sessions; processors of other kinds run other kernels, which round otherwise:\n\n" + report.table(
            ["commit", "hardware", "date", "trials"],
            [[one["commit"], one["hardware"], one["date"], len(one["trained"])] for one in measured["sessions"]]),
        "## What could be known before\n\n`fractal score --run`:\n\n```text\n"
        + report.fractal(options, "score", "--run", store,
                         *(["--data-dir", options.data_dir] if options.data_dir else [])) + "```",
        "## What a search would have found\n\n`fractal replay --orders 200`:\n\n```text\n"
        + report.fractal(options, "replay", store, "--orders", 200) + "```",
        "## Every variant\n\n" + report.table(
            ["variant", "parameters", "MACs", "validation", "test"],
            [[f"`{name}`", parameters, macs, f"{100 * validation:.2f}", f"{100 * tested:.2f}"]
             for name, parameters, macs, _, _, validation, tested in finished])]
    if failed:
        text.append("## What failed\n\n" + report.table(["variant", "why"], [[f"`{row[0]}`", row[4]] for row in failed]))
    return text


def main():
    parser = report.arguments(__doc__)
    report.data_argument(parser)
    parser.add_argument("--variants", default="compact/*", help="what is drawn from (compact/*)")
    parser.add_argument("--count", type=int, default=60, help="so many (60)")
    parser.add_argument("--epochs", type=int, default=5, help="for each (5)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="trials at once (one for each core)")
    parser.add_argument("--time-limit", type=float, help="minutes after which no trial is begun; 0 reports what there is")
    parser.add_argument("--run", type=pathlib.Path, default=report.ROOT / "runs" / NAME, help="of trials (runs/sample)")
    options = report.parsed(parser)
    if options.quick:
        options.variants, options.count, options.epochs = "compact/d1-c[12]-*", 8, 1
    options.output.mkdir(parents=True, exist_ok=True)
    options.rows = options.output / f"{NAME}.sql"
    names = draw(options)
    context = report.context(seeds="0, of the draw, of weights and of images")
    session = {key: context[key] for key in ("commit", "hardware", "date")} | {"trained": []}
    record = options.output / f"{NAME}.json"
    sessions = json.loads(record.read_text(encoding="utf-8"))["sessions"] if record.exists() else []
    measured = {"context": context, "drawn": len(names), "sessions": [*sessions, session]}
    store = train(options, names, session, lambda: record.write_text(json.dumps(measured, indent=1) + "\n"))
    measured["sessions"] = [one for one in measured["sessions"] if one["trained"]]
    report.write(options.output, NAME, f"A random sample of {len(names)} variants", measured,
                 paragraphs(measured, store, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
