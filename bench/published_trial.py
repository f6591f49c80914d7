#!/usr/bin/env python3
"""One trial as the pipeline of arXiv 2511.07329 ran it: a process for itself, per-sample transforms in a data loader, and
three passes over the training images in each epoch.

Written from the description in docs/semantics.md (recipe `published`) and of what was published: one process, one loader
and three passes for each variant and epoch. One pass trains, two more find loss and accuracy over the training images; then
the test images, flipped at random as they were there. The transforms are torchvision's, sample by sample: a tensor of
floats, a random flip, a normalisation.
"""

import argparse
import json
import pathlib
import random
import time

import torch
from torch.utils.data import DataLoader, Dataset

from pytorch_contender import network_of

MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(3, 1, 1)
DEVIATION = torch.tensor([0.2470, 0.2435, 0.2616]).view(3, 1, 1)
RECORD = 1 + 3 * 32 * 32


class Images(Dataset):
    """Images in the format of CIFAR-10, transformed when they are asked for."""

    def __init__(self, file):
        records = torch.frombuffer(bytearray(pathlib.Path(file).read_bytes()), dtype=torch.uint8).view(-1, RECORD)
        self.labels = records[:, 0].tolist()
        self.pixels = records[:, 1:].reshape(-1, 3, 32, 32)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.pixels[index].to(torch.float32) / 255
        if random.random() < 0.5:
            image = image.flip(-1)
        return (image - MEAN) / DEVIATION, self.labels[index]


def evaluate(net, loader):
    net.eval()
    loss, right, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            logits = net(images)
            loss += torch.nn.functional.cross_entropy(logits, labels, reduction="sum").item()
            right += (logits.argmax(1) == labels).sum().item()
            count += len(labels)
    return loss / count, right / count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="file of the module that `fractal export --to pytorch` wrote")
    parser.add_argument("data", type=pathlib.Path, help="folder of images in the format of CIFAR-10")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2, help="processes of the loader")
    options = parser.parse_args()
    began = time.perf_counter()
    torch.manual_seed(0)
    random.seed(0)
    net = network_of(options.network)
    loaders = {
        part: DataLoader(Images(options.data / file), batch_size=options.batch, shuffle=part == "train",
                         num_workers=options.workers)
        for part, file in {"train": "data_batch_1.bin", "test": "test_batch.bin"}.items()
    }
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for _ in range(options.epochs):
        net.train()
        for images, labels in loaders["train"]:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(images), labels).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 3.0)
            optimizer.step()
        loss, _ = evaluate(net, loaders["train"])
        _, accuracy = evaluate(net, loaders["train"])
        test_loss, test_accuracy = evaluate(net, loaders["test"])
    print(json.dumps({"train_loss": loss, "train_accuracy": accuracy, "test_loss": test_loss,
                      "test_accuracy": test_accuracy, "seconds_after_imports": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
