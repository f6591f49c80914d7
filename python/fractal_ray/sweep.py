"""All trials of a run as Ray tasks, until none is left, those that are added meanwhile included."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import signal
import time

import ray
import ray.cloudpickle
import ray.exceptions

from fractal_ray import program, settings, submission, trial
from fractal_ray.console import say
from fractal_ray.errors import FractalRayError
from fractal_ray.order import longest_first

# What a process of the driver holds beside tensors: LibTorch, its code and its compiled kernels.
PROCESS_BYTES = 512 << 20
# Tasks whose needs are equal share Ray's queues, so needs are rounded up.
MEMORY_STEP = 256 << 20
MERGE_EVERY = 15.0  # seconds
LOOK_EVERY = 1.0


def memory_of(planned: program.PlannedTrial) -> int:
    """Bytes that the trial asks Ray for."""
    return math.ceil((planned.memory_bytes + PROCESS_BYTES) / MEMORY_STEP) * MEMORY_STEP


class Interrupts:
    """Hears SIGINT and SIGTERM within its context, also where Ray has handlers of its own. The first is kept for whoever
    asks, so that no task is dropped half-way; the second raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self.heard = False

    def __enter__(self) -> Interrupts:
        self._before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _hear(self, number: int, frame: object) -> None:
        if self.heard:
            raise KeyboardInterrupt
        self.heard = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


@dataclasses.dataclass(frozen=True)
class Options:
    """`program` merges. `gpus` are those of one trial; None is one where it trains on cuda. `retries` is how often Ray
    starts a trial again that was lost. `flags` are added to every submission."""

    program: str
    gpus: float | None = None
    retries: int = 20
    flags: tuple[str, ...] = ()


class Sweep:
    """The trials of one run that are with Ray, and those that came back."""

    def __init__(self, run: pathlib.Path, options: Options, interrupts: Interrupts) -> None:
        self.run = run
        self.stopped = False
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self._options = options
        self._interrupts = interrupts
        self._known: set[int] = set()
        self._tasks: dict[ray.ObjectRef, program.PlannedTrial] = {}
        self._unmerged: list[pathlib.Path] = []
        self._merged_at = 0.0
        self._ended = 0
        self.counts: dict[str, int] = {}  # how many trials of the run stand where
        ray.cloudpickle.register_pickle_by_value(trial)
        remote = ray.remote(max_retries=options.retries, retry_exceptions=[trial.TrialLost])
        self._task = remote(trial.train)

    def shard_of(self, number: int) -> pathlib.Path:
        return self.run / "shards" / str(number)

    def take_up(self) -> bool:
        """Sends the trials of new submissions to Ray; whether there were any."""
        fresh = {name: asked for name, asked in submission.read_all(self.run).items() if name not in self.seen}
        if fresh and not self._merged_for_plans():
            return True  # they are looked at again
        for name, asked in fresh.items():
            self.seen.add(name)
            try:
                self._send_all(program.plan(asked.with_flags(*self._options.flags), self.run))
            except FractalRayError as error:
                if not self._interrupts.heard:  # Ctrl-C ends all programs of the terminal
                    self._fault(f"{name}: {error}")
        return bool(fresh)

    def _send_all(self, plan: program.Plan) -> None:
        trials = longest_first(planned for planned in plan.trials if planned.number not in self._known)
        for planned in trials:
            self._send(plan, planned)
        self._warn_of_giants(plan, trials)
        say(f"{len(trials)} trials sent; {len(self._tasks)} wait or are under way")

    def _send(self, plan: program.Plan, planned: program.PlannedTrial) -> None:
        asked = plan.submission
        shard = self.shard_of(planned.number)
        settings.hand_on(self.run, shard)
        command = [asked.program, "train", *asked.arguments, "--shard", planned.shard, "--run", str(shard)]
        task = trial.Task(command, asked.directory, asked.environment, str(shard))
        sender = self._task.options(num_cpus=plan.threads, num_gpus=self._gpus_of(plan), memory=memory_of(planned),
                                    name=str(planned))
        self._tasks[sender.remote(task)] = planned
        self._known.add(planned.number)

    def _gpus_of(self, plan: program.Plan) -> float:
        return self._options.gpus if self._options.gpus is not None else float(plan.device == "cuda")

    def _warn_of_giants(self, plan: program.Plan, trials: list[program.PlannedTrial]) -> None:
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        most = {name: max((node.get(name, 0) for node in nodes), default=0) for name in ("memory", "CPU", "GPU")}
        giants = [planned for planned in trials if memory_of(planned) > most["memory"]]
        if giants:
            say(f"{len(giants)} trials need more memory than any node has ({most['memory'] / 2**30:.1f} GiB), such as "
                f"{giants[0]} ({memory_of(giants[0]) / 2**30:.1f} GiB): they wait for a node that has it")
        for name, need in (("CPU", plan.threads), ("GPU", self._gpus_of(plan))):
            if trials and need > most[name]:
                say(f"each trial asks for {need:g} {name}s, and no node has more than {most[name]:g}: they wait for one that "
                    "has (--threads, --gpus)")

    def _merge(self, shards: list[pathlib.Path]) -> None:
        if shards:
            self.counts = program.merge(self._options.program, self.run, shards)
        self._merged_at = time.monotonic()

    def _merge_ended(self) -> None:
        self._merge(self._unmerged)
        self._unmerged = []

    def _merged_for_plans(self) -> bool:
        """What has ended is not to be asked for again; false while somebody else writes to the run."""
        try:
            self._merge_ended()
        except FractalRayError as error:
            if error.status != program.BUSY:
                raise
            return False
        return True

    def _merge_now_and_then(self) -> None:
        """What cannot be merged now, as somebody else writes to the run, is merged later."""
        if time.monotonic() - self._merged_at < MERGE_EVERY:
            return
        try:
            self._merge_ended()
        except FractalRayError as error:
            self._merged_at = time.monotonic()
            say(f"results are not merged now: {error}")

    def _take_back(self, task: ray.ObjectRef) -> None:
        """Hears what became of a task's trial."""
        planned = self._tasks.pop(task)
        self._known.discard(planned.number)  # it may be asked for again, as by --retry-failed
        shard = self.shard_of(planned.number)
        try:
            ended = ray.get(task)
        except ray.exceptions.TaskCancelledError:
            return
        except ray.exceptions.RayTaskError as error:
            fault = f"trial {planned.number}, {planned}: {error.cause}"
        except ray.exceptions.RayError as error:
            fault = f"trial {planned.number}, {planned}: {str(error).strip().splitlines()[0]}"
        else:
            self._ended += 1
            reason = f": {ended.reason}" if ended.reason else ""
            say(f"{self._ended}/{self._ended + len(self._tasks)}  {planned} {ended.disposition} on {ended.host}, "
                f"{ended.seconds:.1f} s{reason}")
            fault = None
        if fault:
            self._fault(fault)
        if (shard / "results.sqlite").exists():  # a driver that is stopped at its start has none yet
            self._unmerged.append(shard)

    def _fault(self, text: str) -> None:
        self.faults.append(text)
        say(text)

    def _go_on(self) -> None:
        """Until nothing is left."""
        while not self._interrupts.heard and (self.take_up() or self._tasks):
            ready, _ = ray.wait(list(self._tasks), num_returns=1, timeout=LOOK_EVERY) if self._tasks else ([], [])
            for task in ready:
                self._take_back(task)
            self._merge_now_and_then()

    def _stop(self) -> None:
        """Every trial under way saves its state; those that wait are not begun."""
        self.stopped = True
        say("stopping: trials under way save their states. Once more ends at once, without waiting.")
        for task in self._tasks:
            ray.cancel(task, force=False)
        for task in list(self._tasks):
            self._take_back(task)

    def drive(self) -> None:
        """Trains what is asked for."""
        # What an earlier use of the run has trained and not merged is not asked for again.
        self._merge([file.parent for file in self.run.glob("shards/*/results.sqlite")])
        self._go_on()
        if self._interrupts.heard:
            self._stop()
        self._merge_ended()


def drive(run: pathlib.Path, options: Options) -> Sweep | None:
    """Trains all that is asked for in the run, unless another process is at it: then nothing comes back. What is added
    at the very end, when this process has looked for the last time, it finds after it has let go of the lock."""
    sweep = None
    with Interrupts() as interrupts:
        while sweep is None or (not sweep.stopped and submission.read_all(run).keys() - sweep.seen):
            with submission.lock(run) as ours:
                if not ours:
                    return sweep
                sweep = sweep or Sweep(run, options, interrupts)
                sweep.drive()
    return sweep
