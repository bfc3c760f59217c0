"""`MetricsManager`, which keeps every count and duration of the process until someone reads them."""

from __future__ import annotations

import math
import re
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeVar
from weakref import WeakSet

from purveyor.errors import InvalidMetricError
from purveyor.monitor.records import CounterSeries, Distribution, OperationRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Family", "MetricsManager"]

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

#: Label sets that callers may make of one metric before the rest is counted together: what an unbounded
#: label (a key, a path) would otherwise do to the heap and to the scrape.
MAX_SERIES = 10_000
#: Notes that wait for a reader before they are put into records all the same.
MAX_NOTED = 50_000
_OVERFLOW = (("overflow", "true"),)

Labels = tuple[tuple[str, str], ...]
Kind = Literal["counter", "histogram", "gauge"]
V = TypeVar("V")


@dataclass(slots=True)
class Family:
    """All series of one metric, as they stood when they were read.

    Args:
        name: The metric's name without the suffix that an exposition format adds.
        kind: ``"counter"``, ``"histogram"`` or ``"gauge"``.
        help: One line for people.
        values: Counters and gauges, by sorted ``(label, value)`` pairs; labels without a value are left out.
        distributions: Histograms, likewise.
        unit: The base unit, which the exposition adds to the name: ``"seconds"``; empty for none.
    """

    name: str
    kind: Kind
    help: str
    values: dict[Labels, float] = field(default_factory=dict)
    distributions: dict[Labels, Distribution] = field(default_factory=dict)
    unit: str = ""

    def add(self, value: float, **labels: str) -> None:
        """Add to a series; the same series from two sources is their sum."""
        key = _pairs(labels)
        self.values[key] = self.values.get(key, 0) + value

    def add_distribution(self, distribution: Distribution, **labels: str) -> None:
        """Add observations to a series."""
        self.distributions.setdefault(_pairs(labels), Distribution.empty()).add(distribution)

    def label_names(self) -> tuple[str, ...]:
        """Every label that any series has, sorted; where a series lacks one it stands for the empty string."""
        return tuple(sorted({name for key in (*self.values, *self.distributions) for name, _ in key}))


class Source(Protocol):
    """Whatever knows of gauges."""

    def families(self) -> Iterable[Family]:
        """The gauges as they stand now."""
        ...


class MetricsManager:
    """Counters and histograms by name and labels, and the records of all operations.

    Nothing is pushed anywhere: `collect` gives a snapshot to whoever exposes it.
    """

    _instance: ClassVar[MetricsManager | None] = None
    _instance_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, Kind] = {"provider_operations": "counter", "provider_duration": "histogram"}
        self._counters: defaultdict[str, dict[Labels, CounterSeries]] = defaultdict(dict)
        self._histograms: defaultdict[str, dict[Labels, Distribution]] = defaultdict(dict)
        self._operations: dict[tuple[str, str, str], OperationRecord] = {}
        self._sources: WeakSet[Source] = WeakSet()
        self._noted: list[tuple[str, str, str, float]] = []

    @classmethod
    def get_instance(cls) -> MetricsManager:
        """The one that this process's operations and monitors record to."""
        if cls._instance is None:
            with cls._instance_lock:
                cls._instance = cls._instance or cls()
        return cls._instance

    def counter(self, name: str, value: float = 1, /, **labels: str) -> None:
        """Add to a counter.

        Args:
            name: The metric's name; a trailing ``_total`` is implied.
            value: What to add; not negative.
            labels: The series. Calls may differ in their labels: one that is missing is an empty one.

        Raises:
            InvalidMetricError: The name, a label or the value cannot be exposed, or the name is a histogram's.
        """
        if not (math.isfinite(value) and value >= 0):
            raise InvalidMetricError(name, f"a counter cannot change by {value}")
        self.series(name, **labels).add(value)

    def series(self, name: str, /, **labels: str) -> CounterSeries:
        """One series of a counter, for those who add to it often: its `add` takes no lock and looks nothing up.

        Args:
            name: The metric's name; a trailing ``_total`` is implied.
            labels: As for `counter`.

        Raises:
            InvalidMetricError: The name or a label cannot be exposed, or the name is a histogram's.
        """
        with self._lock:
            series, key = self._place(self._counters, "counter", name, labels)
            return series.setdefault(key, CounterSeries())

    def histogram(self, name: str, value: float, /, **labels: str) -> None:
        """Observe one value.

        Args:
            name: The metric's name.
            value: What was observed; the buckets are made for seconds.
            labels: As for `counter`.

        Raises:
            InvalidMetricError: As for `counter`.
        """
        if not math.isfinite(value):
            raise InvalidMetricError(name, f"a histogram cannot observe {value}")
        with self._lock:
            series, key = self._place(self._histograms, "histogram", name, labels)
            if key not in series:
                series[key] = Distribution.empty()
            series[key].observe(value)

    def operation(self, operation: str, type: str, name: str) -> OperationRecord:
        """The record of one operation of one provider; the same one for the same three words."""
        if self._noted:
            self._take_notes()
        return self._record(operation, type, name)

    def _record(self, operation: str, type: str, name: str) -> OperationRecord:
        key = (operation, type, name)
        with self._lock:
            if key not in self._operations:
                self._operations[key] = OperationRecord(operation, type, name)
            return self._operations[key]

    def note(self, operation: str, type: str, name: str, seconds: float) -> None:
        """Record an operation that succeeded and is seldom called, such as a step of a provider's lifecycle.

        It costs an entry in a list until somebody reads: ten thousand providers that start need no record each.

        Args:
            operation: The value of the label ``operation``.
            type: The value of the label ``type``.
            name: The provider's name, the value of the label ``name``.
            seconds: How long it took.
        """
        self._noted.append((operation, type, name, seconds))
        if len(self._noted) >= MAX_NOTED:
            self._take_notes()

    def add_source(self, source: Source) -> None:
        """Have families read from `source` at each `collect`, for as long as its owner keeps it alive."""
        with self._lock:
            self._sources.add(source)

    def collect(self) -> list[Family]:
        """A snapshot of everything, one family a name."""
        self._take_notes()
        with self._lock:
            records = list(self._operations.values())
            families = {name: self._family(name) for name in self._kinds}
            sources = list(self._sources)
        operations = families["provider_operations"]
        durations = families["provider_duration"]
        from importlib.metadata import version  # noqa: PLC0415 - dearer than all the rest of this module
        from platform import python_version  # noqa: PLC0415

        build = families["purveyor_build_info"] = Family("purveyor_build_info", "gauge", "What runs.")
        build.add(1, version=version("purveyor"), python=python_version())
        errors = families["provider_errors"] = Family(
            "provider_errors", "counter", "Provider operations that raised, by class of error."
        )
        for record in records:
            who = {"operation": record.operation, "type": record.type, "name": record.name}
            if record.cells:
                distribution = record.durations  # read once, so that the two agree
                operations.add(distribution.count, success="true", **who)
                durations.add_distribution(distribution, success="true", **who)
            for kind, count in list(record.errors.items()):
                operations.add(count, success="false", **who)
                errors.add(count, error_type=kind, **who)
        for source in sources:
            for gauges in source.families():
                family = families.setdefault(gauges.name, gauges)
                for key, value in gauges.values.items():  # two managers may have providers of one name
                    family.values[key] = max(value, family.values.get(key, value))
        return list(families.values())

    def _take_notes(self) -> None:
        with self._lock:
            noted, self._noted = self._noted, []
        for operation, type_, name, seconds in noted:
            self._record(operation, type_, name).succeed(seconds)

    def _place(
        self, families: defaultdict[str, dict[Labels, V]], kind: Kind, name: str, labels: dict[str, str]
    ) -> tuple[dict[Labels, V], Labels]:
        """The series of a family and the key of one; all that could break a scrape is refused here."""
        bare = name.removesuffix("_total") if kind == "counter" else _ALIASES.get(name, name)
        if not _NAME.fullmatch(bare):
            raise InvalidMetricError(name, "a metric's name is letters, digits and underscores")
        if self._kinds.setdefault(bare, kind) != kind:
            raise InvalidMetricError(name, f"it is a {self._kinds[bare]}, not a {kind}")
        for label in labels:
            if not _NAME.fullmatch(label) or label.startswith("__") or label == "le":
                raise InvalidMetricError(name, f"{label!r} cannot be a label")
        series = families[bare]
        key = _pairs(labels)
        return series, key if key in series or len(series) < MAX_SERIES else _OVERFLOW

    def _family(self, name: str) -> Family:
        kind = self._kinds[name]
        family = Family(name, kind, _HELP.get(name, f"The application's {name}."), unit=_UNITS.get(name, ""))
        family.values.update({key: series.value for key, series in self._counters.get(name, {}).items()})
        for key, distribution in self._histograms.get(name, {}).items():
            # What was observed is a success, whether or not the caller of `histogram` says so.
            labels = {"success": "true", **dict(key)} if name == "provider_duration" else dict(key)
            family.add_distribution(distribution, **labels)
        return family


_UNITS = {"provider_duration": "seconds"}
_ALIASES = {"provider_duration_seconds": "provider_duration"}
_HELP = {
    "provider_operations": "Provider operations.",
    "provider_duration": "Duration of provider operations that succeeded.",
    "provider_reloads": "Reloads of providers.",
    "provider_lookups": "Lookups of single items, by whether there was one.",
    "provider_bytes": "Bytes of objects that went in and out.",
    "provider_retries": "Attempts of provider operations that failed and were followed by another.",
    "provider_timeouts": "Provider operations that were not over when their deadline passed.",
    "provider_refused": "Provider operations that a policy turned away before they began.",
    "provider_breaker_transitions": "Changes of circuit breakers, by the state that they took.",
}


def _pairs(labels: dict[str, str]) -> Labels:
    return tuple(sorted((name, str(value)) for name, value in labels.items() if value != ""))
