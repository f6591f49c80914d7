"""The Python modules that `fractal export --to pytorch` writes, as a test loads them."""

from __future__ import annotations

import importlib.util
import pathlib
from types import ModuleType


def module_of(source: pathlib.Path) -> ModuleType:
    """The module in file `source`."""
    specification = importlib.util.spec_from_file_location(source.stem, source)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
