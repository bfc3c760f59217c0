import csv
import dataclasses
import datetime as dt


@dataclasses.dataclass
class SweepPoint:
    freq: float
    power: float
    measured: float = float("nan")


class SweepRun:
    """One measurement run; start/stop stamp the protocol sheet."""

    def __init__(self, gen, scope, points):
        self.gen, self.scope, self.points = gen, scope, points
        self.begin = self.end = None

    def start(self):
        self.begin = dt.datetime.now()

    def stop(self):
        self.end = dt.datetime.now()

    def run(self):
        self.start()
        with self.gen.rf_on():
            for p in self.points:
                self.gen.frequency = p.freq
                p.measured = max(self.scope.waveform(1))
        self.stop()


class CsvReport:
    def __init__(self, run):
        self.run = run

    def save(self, path):
        with open(path, "w", newline="") as f:
            w = csv.writer(f)
            w.writerows(dataclasses.astuple(p) for p in self.run.points)
