import torch.nn as nn
from torch.utils.data import Dataset, IterableDataset


class Classifier(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, classes))

    def forward(self, x):
        return self.body(x)

    def load(self, path):
        self.load_state_dict(__import__("torch").load(path))


class RequestLog(IterableDataset):
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path) as fh:
            yield from fh


class Batch:
    __slots__ = ("items", "done")

    def __init__(self, items):
        self.items, self.done = items, False

    def close(self):
        self.done = True
