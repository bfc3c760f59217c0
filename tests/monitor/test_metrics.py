"""Counters, histograms, gauges, and what is refused because it would break a scrape."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterable
from importlib.metadata import version

import pytest
from prometheus_client.parser import text_string_to_metric_families

from purveyor.errors import InvalidMetricError
from purveyor.manager import ProviderManager
from purveyor.monitor import metrics as metrics_module
from purveyor.monitor.metrics import Family, MetricsManager
from purveyor.monitor.prometheus import PurveyorCollector, exposition
from tests.providers import Scripted


def samples(metrics: MetricsManager, accept: str = "") -> dict[str, float]:
    """Everything that is exposed, by ``name{labels}``, as a real parser reads it."""
    text = exposition(accept, metrics)[0].decode()
    return {
        f"{sample.name}{{{','.join(f'{k}={v}' for k, v in sorted(sample.labels.items()))}}}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name != "purveyor_build_info"  # of every process: see its own test
    }


def test_counters_add_up_by_labels() -> None:
    metrics = MetricsManager()
    metrics.counter("jobs")
    metrics.counter("jobs", 2, kind="a")
    metrics.counter("jobs_total", 3, kind="a")
    metrics.counter("jobs", 0.5, name="n", value="v")
    got = samples(metrics)
    assert got["jobs_total{kind=,name=,value=}"] == 1
    assert got["jobs_total{kind=a,name=,value=}"] == 5
    assert got["jobs_total{kind=,name=n,value=v}"] == 0.5


def test_histograms_are_exposed_with_cumulative_buckets() -> None:
    metrics = MetricsManager()
    for value in (0.0001, 0.0002, 100.0):
        metrics.histogram("wait", value, queue="q")
    metrics.histogram("provider_duration_seconds", 0.3, operation="put")
    got = samples(metrics)
    assert got["wait_bucket{le=0.0001,queue=q}"] == 1
    assert got["wait_bucket{le=0.0005,queue=q}"] == 2
    assert got["wait_bucket{le=90.0,queue=q}"] == 2
    assert got["wait_bucket{le=+Inf,queue=q}"] == got["wait_count{queue=q}"] == 3
    assert got["wait_sum{queue=q}"] == pytest.approx(100.0003)
    assert got["provider_duration_seconds_count{operation=put,success=true}"] == 1


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_a_counter_only_grows(value: float) -> None:
    metrics = MetricsManager()
    with pytest.raises(InvalidMetricError, match=r"metric jobs: a counter cannot change by"):
        metrics.counter("jobs", value)
    with pytest.raises(InvalidMetricError, match="cannot observe"):
        metrics.histogram("wait", float("nan"))
    assert samples(metrics) == {}


@pytest.mark.parametrize("name", ["", "a b", "1a", "a{b}", "a\nb", "é"])
def test_a_name_that_cannot_be_exposed_is_refused(name: str) -> None:
    metrics = MetricsManager()
    for record in (metrics.counter, metrics.histogram):
        with pytest.raises(InvalidMetricError):
            record(name, 1)
    assert samples(metrics) == {}


@pytest.mark.parametrize("label", ["a b", "", "__x", "le", "1"])
def test_a_label_that_cannot_be_exposed_is_refused(label: str) -> None:
    with pytest.raises(InvalidMetricError, match="cannot be a label"):
        MetricsManager().counter("jobs", 1, **{label: "x"})


def test_one_name_is_one_kind() -> None:
    metrics = MetricsManager()
    metrics.counter("jobs")
    with pytest.raises(InvalidMetricError, match="it is a counter, not a histogram"):
        metrics.histogram("jobs", 1)
    with pytest.raises(InvalidMetricError, match="it is a histogram, not a counter"):
        metrics.counter("provider_duration")


def test_label_values_are_text_of_any_kind() -> None:
    metrics = MetricsManager()
    metrics.counter("jobs", 1, path='a"b\\c\nd', n=3)  # type: ignore[arg-type]
    assert samples(metrics)['jobs_total{n=3,path=a"b\\c\nd}'] == 1


def test_labels_without_bound_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 32."""
    monkeypatch.setattr(metrics_module, "MAX_SERIES", 3)
    metrics = MetricsManager()
    for i in range(10):
        metrics.counter("jobs", 1, key=str(i))
    metrics.counter("jobs", 1, key="0")
    got = samples(metrics)
    assert len(got) == 4
    assert got["jobs_total{key=,overflow=true}"] == 7
    assert got["jobs_total{key=0,overflow=}"] == 2


def test_counters_are_exact_under_threads() -> None:
    metrics = MetricsManager()

    def work() -> None:
        for _ in range(1000):
            metrics.counter("jobs", 1, a="b")
            metrics.histogram("wait", 0.1)
            metrics.operation("put", "memory", "notes").fail(OSError())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = samples(metrics)
    assert got["jobs_total{a=b}"] == got["wait_count{}"] == 8000
    assert got["provider_errors_total{error_type=OSError,name=notes,operation=put,type=memory}"] == 8000


def test_what_is_recorded_by_hand_and_by_operations_is_one_family() -> None:
    metrics = MetricsManager()
    metrics.operation("put", "memory", "notes").succeed(0.2)
    metrics.operation("put", "memory", "notes").succeed(0.3)
    metrics.operation("put", "memory", "notes").fail(OSError())
    metrics.counter("provider_operations", 1, operation="put", type="memory", success="true", name="notes")
    metrics.histogram("provider_duration", 0.5, operation="put", type="memory", name="notes")
    got = samples(metrics)
    ok = "name=notes,operation=put,success=true,type=memory"
    assert got[f"provider_operations_total{{{ok}}}"] == 3
    assert got[f"provider_duration_seconds_count{{{ok}}}"] == 3
    assert got[f"provider_duration_seconds_sum{{{ok}}}"] == pytest.approx(1.0)
    assert got[f"provider_operations_total{{{ok.replace('true', 'false')}}}"] == 1


def test_openmetrics_is_served_where_it_is_asked_for() -> None:
    metrics = MetricsManager()
    metrics.counter("jobs")
    body, content_type = exposition("application/openmetrics-text; version=1.0.0", metrics)
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    assert exposition(metrics=metrics)[1].startswith("text/plain")


async def test_a_managers_gauges(metrics: MetricsManager) -> None:
    async with ProviderManager() as one, ProviderManager() as two:
        await one.register(Scripted("notes"))
        await two.register(Scripted("notes"))  # of the same name: still one series
        await one.reload_provider("notes")
        got = samples(metrics)
        who = "name=notes,type=custom"
        assert got[f"provider_up{{{who}}}"] == 1
        assert got[f"provider_in_flight_operations{{{who}}}"] == 0
        assert got["provider_status{name=notes,status=ready,type=custom}"] == 1
        assert got["provider_status{name=notes,status=failed,type=custom}"] == 0
        assert got["provider_health_status{name=notes,status=healthy,type=custom}"] == 1
        assert got["provider_health_status{name=notes,status=degraded,type=custom}"] == 0
        assert got["provider_info{driver=tests.providers:Scripted,name=notes,type=custom,version=1.0.0}"] == 1
        assert got["provider_reloads_total{name=notes,result=success,type=custom}"] == 1
        assert got[f"provider_last_reload_success_timestamp_seconds{{{who}}}"] > 1.7e9
    got = samples(metrics)
    assert "provider_up{name=notes,type=custom}" not in got
    assert got["provider_reloads_total{name=notes,result=success,type=custom}"] == 1


def test_a_source_is_read_for_as_long_as_it_lives() -> None:
    class Temperature:
        def families(self) -> Iterable[Family]:
            family = Family("temperature", "gauge", "Degrees.")
            family.add(21, room="a")
            yield family

    metrics = MetricsManager()
    source = Temperature()
    metrics.add_source(source)
    assert samples(metrics) == {"temperature{room=a}": 21}
    del source
    assert samples(metrics) == {}


def test_the_collector_reads_the_process_by_default(metrics: MetricsManager) -> None:
    metrics.counter("jobs")
    assert "jobs" in {family.name for family in PurveyorCollector().collect()}


def test_a_series_is_kept_by_those_who_add_often() -> None:
    metrics = MetricsManager()
    hits = metrics.series("lookups", result="hit")
    hits.add()
    hits.add(2)
    metrics.counter("lookups_total", 4, result="hit")
    assert metrics.series("lookups", result="hit") is hits
    assert hits.value == 7
    assert samples(metrics) == {"lookups_total{result=hit}": 7}


def test_what_runs_is_exposed() -> None:
    build = f'python="{platform.python_version()}",version="{version("purveyor")}"'
    assert f"purveyor_build_info{{{build}}} 1.0" in exposition(metrics=MetricsManager())[0].decode()
