"""How far a long check is, on the standard error."""

from __future__ import annotations

import sys
import time

APART = 30.0  # seconds between two lines


class Progress:
    """Says now and then how many of `count` are done, and how long the others will take."""

    def __init__(self, count: int, what: str) -> None:
        self.count, self.what = count, what
        self.began = self.said = time.monotonic()

    def done(self, number: int) -> None:
        """`number`, at least 1, are done."""
        now = time.monotonic()
        if now - self.said < APART:
            return
        self.said = now
        left = (now - self.began) / number * (self.count - number)
        print(f"{number}/{self.count} {self.what}, about {left / 60:.0f} min left", file=sys.stderr, flush=True)
