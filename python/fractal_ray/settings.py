"""What a run remembers beside its results, RUN/settings.json: where its data are, on what it trains, whether it keeps weights.

A trial that is added later is trained as those before it, though its command says nothing of that.
"""

from __future__ import annotations

import json
import pathlib

NAME = "settings.json"


def hand_on(run: pathlib.Path, shard: pathlib.Path) -> None:
    """Gives the folder of one trial the settings of its run, less TensorBoard's, which the run keeps by itself."""
    remembered = run / NAME
    if not remembered.exists():
        return
    settings = json.loads(remembered.read_text(encoding="utf-8")) | {"tensorboard": ""}
    shard.mkdir(parents=True, exist_ok=True)
    unfinished = shard / f"{NAME}.tmp"
    unfinished.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    unfinished.rename(shard / NAME)
