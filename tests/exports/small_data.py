"""A data set that a network is through with in a moment."""

import pathlib
import random


def write_data(folder: pathlib.Path) -> None:
    """360 random images to train on and 100 to test, in the format of CIFAR-10: a label byte, 3,072 pixel bytes."""
    draws = random.Random(0)
    folder.mkdir()
    for name, count in {"data_batch_1.bin": 360, "test_batch.bin": 100}.items():
        records = (bytes([draws.randrange(10)]) + draws.randbytes(3072) for _ in range(count))
        (folder / name).write_bytes(b"".join(records))
