"""What `@operation` adds to an awaited call, beside what other ways of counting and timing it add."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from itertools import repeat
from time import perf_counter, thread_time_ns
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Arm, Comparison, Goal, Opened, Plan, Repeat
from benchmarks.subject import registered, service

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

FLOOR = "bare await"
CACHED = "prometheus_client, cached children"
OURS = "purveyor @operation"


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """The one."""
    calls = plan.pick(5_000, 500)  # short turns, and many, even out disturbances
    arms = (
        Arm(FLOOR, "floor", partial(_bare, calls)),
        Arm("a wrapper that does nothing", "explains", partial(_wrapped, calls)),
        Arm("a wrapper that reads the clock twice", "explains", partial(_clocked, calls)),
        Arm(OURS, "purveyor", partial(_purveyor, calls)),
        Arm(CACHED, "peer", partial(_prometheus, calls, cached=True)),
        Arm("prometheus_client, labels()", "peer", partial(_prometheus, calls, cached=False)),
        Arm("opentelemetry-sdk", "peer", partial(_opentelemetry, calls // 10)),
    )
    goal = Goal(
        OURS,
        "adds at most 0.45 x what cached prometheus_client adds",
        lambda measured: (measured[OURS] - measured[FLOOR]) / (measured[CACHED] - measured[FLOOR]),
        0.45,
    )
    yield Comparison("an awaited operation", "CPU ns", arms, (goal,), plan.pick(81, 2))


@asynccontextmanager
async def _bare(calls: int) -> Opened:
    yield _awaiting(service(1).bare, calls)


@asynccontextmanager
async def _wrapped(calls: int) -> Opened:
    method = service(1).bare

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await method(*args, **kwargs)

    yield _awaiting(wrapper, calls)


@asynccontextmanager
async def _clocked(calls: int) -> Opened:
    method = service(1).bare
    total = 0.0

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal total
        started = perf_counter()
        result = await method(*args, **kwargs)
        total += perf_counter() - started
        return result

    yield _awaiting(wrapper, calls)


@asynccontextmanager
async def _purveyor(calls: int) -> Opened:
    """Registered, so that it is leased as well as counted."""
    one = service(1)
    async with registered([one]):
        yield _awaiting(one.measured, calls)


@asynccontextmanager
async def _prometheus(calls: int, *, cached: bool) -> Opened:
    """A counter and a histogram with the labels and buckets of Purveyor's, errors counted too."""
    from prometheus_client import CollectorRegistry, Counter, Histogram

    from purveyor.monitor.records import BUCKETS

    names = ("operation", "type", "success", "name")
    registry = CollectorRegistry()
    counter = Counter("operations", "Operations.", names, registry=registry)
    histogram = Histogram("duration_seconds", "Durations.", names, registry=registry, buckets=BUCKETS)
    good, bad = ("measured", "custom", "true", "provider-1"), ("measured", "custom", "false", "provider-1")
    method = service(1).bare
    count, observe, failed = counter.labels(*good), histogram.labels(*good), counter.labels(*bad)

    async def with_cached(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            result = await method(*args, **kwargs)
        except BaseException:
            failed.inc()
            raise
        observe.observe(perf_counter() - started)
        count.inc()
        return result

    async def with_labels(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            result = await method(*args, **kwargs)
        except BaseException:
            counter.labels(*bad).inc()
            raise
        histogram.labels(*good).observe(perf_counter() - started)
        counter.labels(*good).inc()
        return result

    yield _awaiting(with_cached if cached else with_labels, calls)


@asynccontextmanager
async def _opentelemetry(calls: int) -> Opened:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    provider = MeterProvider(metric_readers=[InMemoryMetricReader()])
    meter = provider.get_meter("benchmarks")
    counter, histogram = meter.create_counter("operations"), meter.create_histogram("duration")
    good = {"operation": "measured", "type": "custom", "success": "true", "name": "provider-1"}
    bad = good | {"success": "false"}
    method = service(1).bare

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            result = await method(*args, **kwargs)
        except BaseException:
            counter.add(1, bad)
            raise
        histogram.record(perf_counter() - started, good)
        counter.add(1, good)
        return result

    yield _awaiting(wrapper, calls)
    provider.shutdown()


def _awaiting(method: Callable[[int], Awaitable[int]], calls: int) -> Repeat:
    async def measure() -> float:
        call = method
        started = thread_time_ns()
        for _ in repeat(None, calls):
            await call(1)
        return (thread_time_ns() - started) / calls

    return measure
