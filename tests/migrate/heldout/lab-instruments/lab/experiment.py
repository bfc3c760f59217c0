import csv
from typing import List

from lab.visa import *


class Sample:
    def __init__(self, volts, at):
        self.volts = volts
        self.at = at


class Experiment:
    """One run: its samples, and the file of them."""

    def __init__(self, name):
        self.name = name
        self.samples: List[Sample] = []

    def measure(self, dmm: Multimeter):
        self.samples.append(Sample(dmm.volts(), 0))

    def save(self, path):
        with open(path, "w") as fh:
            csv.writer(fh).writerows((s.at, s.volts) for s in self.samples)
