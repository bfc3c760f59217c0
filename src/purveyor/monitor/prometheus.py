"""Exposition of all metrics in Prometheus's formats, through `prometheus_client`.

A counter ``provider_operations`` is exposed as ``provider_operations_total`` and a histogram
``provider_duration`` as ``provider_duration_seconds``: Prometheus's naming rules ask for the suffixes
(https://prometheus.io/docs/practices/naming/).
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from purveyor.errors import MissingExtraError
from purveyor.monitor.metrics import Family, MetricsManager
from purveyor.monitor.records import BUCKETS

try:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.registry import Collector
except ModuleNotFoundError as error:
    raise MissingExtraError("the exposition of metrics", "prometheus_client", "purveyor[metrics]") from error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

__all__ = ["PurveyorCollector", "exposition"]

_BOUNDS = (*(str(bound) for bound in BUCKETS), "+Inf")


class PurveyorCollector(Collector):
    """Gives `prometheus_client` all of Purveyor's metrics; register it where the application has its own.

    Args:
        metrics: Where to read; this process's own by default.
    """

    def __init__(self, metrics: MetricsManager | None = None) -> None:
        self._metrics = metrics or MetricsManager.get_instance()

    def collect(self) -> Iterator[Metric]:
        """One family a metric."""
        for family in self._metrics.collect():
            names = family.label_names()
            if family.kind == "histogram":
                yield _histogram(family, names)
            else:
                of_kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
                metric = of_kind(family.name, family.help, labels=names)
                for key, value in family.values.items():
                    metric.add_metric(_values(key, names), value)
                yield metric


def exposition(accept: str = "", metrics: MetricsManager | None = None) -> tuple[bytes, str]:
    """All metrics as text.

    Args:
        accept: The request's ``Accept`` header, which chooses between Prometheus's text format and OpenMetrics.
        metrics: Where to read; this process's own by default.

    Returns:
        The body and its content type.
    """
    registry = CollectorRegistry()
    registry.register(PurveyorCollector(metrics))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def _histogram(family: Family, names: tuple[str, ...]) -> HistogramMetricFamily:
    metric = HistogramMetricFamily(family.name, family.help, labels=names, unit=family.unit)
    for key, distribution in family.distributions.items():
        buckets = list(zip(_BOUNDS, accumulate(distribution.counts), strict=True))
        metric.add_metric(_values(key, names), buckets, distribution.total)
    return metric


def _values(key: tuple[tuple[str, str], ...], names: tuple[str, ...]) -> list[str]:
    known = dict(key)
    return [known.get(name, "") for name in names]
