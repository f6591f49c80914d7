"""Images of your own as a data file: NumPy arrays in, one safetensors file out, to train on with `--data FILE`."""

import json
import sys

import numpy as np
from safetensors.numpy import save_file

TRAINING, VALIDATION, TEST = 0, 1, 2  # the codes of tensor `split`


def write_data(file, images, labels, split, **metadata):
    """`images` are bytes, N x H x W x C as most libraries have them; `metadata` may hold name, classes, mean and std."""
    tensors = {
        "images": np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.uint8),  # N x C x H x W
        "labels": np.asarray(labels, dtype=np.int64),  # from 0
        "split": np.asarray(split, dtype=np.uint8),
    }
    save_file(tensors, file, {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()})


def patches(count, seed=0):
    """Three classes that a network can tell apart: noise that is reddest, greenest or bluest."""
    draws = np.random.default_rng(seed)
    labels = draws.permutation(np.arange(count) % 3)
    images = draws.integers(0, 200, (count, 32, 32, 3))
    images[np.arange(count), :, :, labels] += 40
    return images.astype(np.uint8), labels


if __name__ == "__main__":
    images, labels = patches(1000)
    split = np.repeat([TRAINING, VALIDATION, TEST], [700, 100, 200])
    write_data(sys.argv[1], images, labels, split, name="patches", classes=["red", "green", "blue"])
