"""What the program says to the person at the terminal; its standard output stays free."""

import sys


def say(text: str) -> None:
    print(f"fractal-ray: {text}", file=sys.stderr, flush=True)
