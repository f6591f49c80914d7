"""Trainings that take hours: as many trials at once as there are cores, one thread to each, or fewer that share the cores.
They may be stopped. The rows of finished trials are written beside the report as they come, as NAME.sql, the text of an
SQLite database. Given the same command again a script goes on, from --run if that is there, or else, on another machine
too, from NAME.sql.
"""

import json
import sqlite3
import sys
import threading
import time

import report

SCHEMA = report.ROOT / "docs" / "schema.sql"

# A variant, its recipe apart from the seed, and the seed: what makes a trial.
IDENTITY = "variant, (SELECT identity FROM recipe WHERE recipe.id = seedless), seed"


def rows_of(run, columns, condition="1"):
    with sqlite3.connect(f"{(run / 'results.sqlite').absolute().as_uri()}?mode=ro", uri=True) as store:
        return store.execute(f"SELECT {columns} FROM trials WHERE {condition}").fetchall()


def write_whole(file, text):
    """The old text or the new one, whenever the script ends."""
    beside = file.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def dump(run, file):
    """Writes the run's store as text. Of a database the text says all but its numbers of format."""
    with sqlite3.connect(run / "results.sqlite") as store:
        numbers = [f"PRAGMA {name}={store.execute(f'PRAGMA {name}').fetchone()[0]};"
                   for name in ("application_id", "user_version")]
        lines = [*numbers, *store.iterdump()]
    write_whole(file, "\n".join(lines) + "\n")


def columns_of(store, table):
    """Those that are written, in their order; there are others that follow from them."""
    return [name for _, name, _, _, _, _, hidden in store.execute(f"PRAGMA table_xinfo({table})") if hidden == 0]


def restore(file, run):
    """A store of today's schema with the rows of `file`, which may lack columns that have come since and may be NULL."""
    run.mkdir(parents=True)
    with sqlite3.connect(":memory:") as kept, sqlite3.connect(run / "results.sqlite") as store:
        kept.executescript(file.read_text(encoding="utf-8"))
        store.executescript(SCHEMA.read_text(encoding="utf-8"))
        for (table,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            had = columns_of(kept, table)
            columns = [name for name in columns_of(store, table) if name in had]
            store.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                              kept.execute(f"SELECT {', '.join(columns)} FROM {table}"))


def arguments(documentation, name):
    """A parser with what every such script takes."""
    parser = report.arguments(f"{documentation}\n{__doc__}".replace("NAME", name))
    report.trial_arguments(parser, name)
    parser.add_argument("--time-limit", type=float, help="minutes after which no trial is begun; 0 reports what there is")
    return parser


class KeptTrials:
    """The trials of one report, by the recipe `fast`. `name` is the report's, `seeds` what its head says of them."""

    def __init__(self, options, name, seeds):
        self.options, self.name = options, name
        self.store = options.run / "all"
        self.rows, self.record = (options.output / f"{name}.{kind}" for kind in ("sql", "json"))
        options.output.mkdir(parents=True, exist_ok=True)
        if not self.store.exists() and self.rows.exists():
            restore(self.rows, self.store)
        self.threads = max(1, report.CORES // options.jobs)
        context = report.context(threads=self.threads, seeds=seeds)
        before = json.loads(self.record.read_text(encoding="utf-8"))["sessions"] if self.record.exists() else []
        self.session = {key: context[key] for key in ("commit", "hardware", "date")} | {"trained": []}
        self.measured = {"context": context, "sessions": [*before, self.session]}
        self.planned, self.began, self.writing = {}, time.monotonic(), threading.Lock()

    def training(self, **recipe):
        """The program's flags for a trial by the recipe with these members changed."""
        changed = {"epochs": self.options.epochs} | recipe
        flags = [word for key, value in changed.items() for word in (f"--{key.replace('_', '-')}", value)]
        return [*report.data_flags(self.options), "--recipe", "fast", *flags, "--threads", self.threads, "--no-weights"]

    def plan(self, variant, **recipe):
        """A trial that the report is made of: its identity."""
        changes = [f"{key}-{value}" for key, value in recipe.items()]
        folder = self.options.run / "trials" / "-".join([variant.replace("/", "-"), *changes])
        command = ["train", variant, *self.training(**recipe), "--run", folder]
        if not (folder / "results.sqlite").exists():
            report.fractal(self.options, *command, "--plan-only")
        (identity,) = rows_of(folder, IDENTITY)
        others = [change for key, change in zip(recipe, changes, strict=True) if key != "seed"]
        self.planned[identity] = command, " ".join([variant, "seed", str(identity[2]), *others])
        return identity

    def figures(self, column, condition="disposition = 'finished'"):
        """By identity, of the trials trained so far."""
        rows = rows_of(self.store, f"{IDENTITY}, {column}", condition) if self.store.exists() else []
        return {tuple(identity): value for *identity, value in rows}

    def ended(self):
        return self.figures("disposition", "disposition IN ('finished', 'failed')").keys()

    def train(self, identities):
        """Trains those of them that have not ended, in their order, until the time is up."""
        ended = self.ended()
        if not ended <= self.planned.keys():
            sys.exit(f"{self.name}.py: {self.store} holds trials that are not of those asked for, by another recipe or of other "
                     f"variants; move it and {self.rows} away to train anew, or check out the commit that trained them")
        left = [identity for identity in identities if identity not in ended]

        def one(identity):
            if self.options.time_limit is not None and time.monotonic() - self.began >= 60 * self.options.time_limit:
                return
            command, name = self.planned[identity]
            report.fractal(self.options, *command)
            with self.writing:
                report.fractal(self.options, "merge", self.store, command[-1])
                dump(self.store, self.rows)
                self.note_trained(name)
                write_whole(self.record, json.dumps(self.measured, indent=1) + "\n")
                print(f"{len(self.session['trained'])}: {self.session['trained'][-1]}", file=sys.stderr, flush=True)

        report.at_once(self.options.jobs, one, left)

    def note_trained(self, name):
        """A trial counts where it was trained last: one that was taken out of the store to be trained anew left it before."""
        for session in self.measured["sessions"]:
            session["trained"] = [one for one in session["trained"] if one != name]
        self.session["trained"].append(name)

    def sessions(self):
        """What trained them, as a paragraph."""
        return "Trained in these sessions; processors of other kinds run other kernels, which round otherwise:\n\n" + report.table(
            ["commit", "hardware", "date", "trials"],
            [[one["commit"], one["hardware"], one["date"], len(one["trained"])]
             for one in self.measured["sessions"] if one["trained"]])

    def write(self, title, paragraphs):
        """The report."""
        self.measured["sessions"] = [one for one in self.measured["sessions"] if one["trained"]]
        report.write(self.options.output, self.name, title, self.measured, paragraphs)
