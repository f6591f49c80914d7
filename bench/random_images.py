"""Random images in the format of CIFAR-10: for measurements that hang on how many there are, not on what they show."""

import pathlib
import random


def write(folder, training, test):
    """Makes `folder` a data set for `fractal train --data cifar10 --data-dir`."""
    draws = random.Random(0)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    for name, count in {"data_batch_1.bin": training, "test_batch.bin": test}.items():
        records = (bytes([draws.randrange(10)]) + draws.randbytes(3 * 32 * 32) for _ in range(count))
        (folder / name).write_bytes(b"".join(records))
    return folder
