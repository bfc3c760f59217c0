"""The soak itself: start the graph, let the storm blow, look at what is held whenever it pauses, stop everything."""

from __future__ import annotations

import asyncio
import logging
import random
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from purveyor.lifecycle.owner import GRACE
from purveyor.lifecycle.supervision import Supervision
from purveyor.manager import ProviderManager
from tests.soak.callers import Callers
from tests.soak.events import watch
from tests.soak.ledger import Ledger
from tests.soak.measure import Sample, grown, measure
from tests.soak.storm import Storm, specifications, until
from tests.soak.units import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Options", "Result", "soak"]

#: How long anything may take that must come to an end, in seconds.
PATIENCE = 60.0

#: How many failed lifecycle steps in a row an optional provider begins with.
FALSE_STARTS = 2


@dataclass(frozen=True)
class Options:
    """How to soak.

    Args:
        seed: What every choice comes from; what runs at the same time makes two runs differ all the same.
        seconds: For how long, all in all.
        providers: How many.
        callers: How many.
        calm: How much time passes between two looks at what is held, in seconds.
        report: How much time passes between two reports for people, in seconds.
    """

    seed: int
    seconds: float = 600
    providers: int = 200
    callers: int = 256
    calm: float = 15
    report: float = 60


@dataclass
class Result:
    """What came of it.

    Args:
        options: How it was run.
        violations: What must not have happened, and how often; empty is good. No more than the first 200 kinds.
        trails: What had happened to a provider before its first violation, by its name; of the first ten.
        counts: How often what happened.
        statuses: In which status how many providers were at the end, before the stop.
        samples: What was held whenever nothing ran.
        latencies: Percentiles of the calls' latencies, in seconds, by name.
    """

    options: Options
    violations: dict[str, int] = field(default_factory=dict)
    trails: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    latencies: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


async def soak(options: Options, say: Callable[[str], None]) -> Result:
    """Run it.

    Args:
        options: How.
        say: Is given reports for people.
    """
    run = _Run(options, say)
    _listen_to_logs(run.ledger)
    run.hear_of_the_loop()
    await run.start()
    await run.blow()
    await run.stop()
    return run.result()


class _Run:
    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self._begun = time.monotonic()
        self.ledger = Unit.ledger = Ledger()
        self._specs = specifications(options.providers, random.Random(options.seed))
        random.seed(options.seed)
        supervision = Supervision(
            check_interval=0.5, check_timeout=0.5, failures=2, successes=1, backoff=0.02, max_backoff=0.2, window=5
        )
        self._manager = ProviderManager(
            start_timeout=PATIENCE, stop_timeout=PATIENCE, drain_timeout=PATIENCE, supervision=supervision
        )
        self._samples: list[Sample] = []
        self._statuses: Counter[str] = Counter()

    def hear_of_the_loop(self) -> None:
        """What asyncio tells of (a task that died unseen) is a violation."""

        def hear(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            error, task = context.get("exception"), context.get("future") or context.get("task")
            name = task.get_name() if isinstance(task, asyncio.Task) else ""
            where = " < ".join(f"{each.name}:{each.lineno}" for each in reversed(_frames(error)[-6:]))
            self.ledger.violation(f"the event loop says: {context.get('message')}: {name} {error!r} {where}")

        asyncio.get_running_loop().set_exception_handler(hear)

    async def start(self) -> None:
        """Start the graph; some of the optional ones only succeed when supervision tries them again."""
        ledger = self.ledger
        for spec in self._specs[::3]:
            if not spec.required:
                ledger.excuse(spec.name)
                ledger.order(spec.name, "initialize", *["fail"] * FALSE_STARTS)
        for spec in self._specs:
            if not spec.required:  # it may need one of those
                ledger.excuse(spec.name)
        self._watching = asyncio.create_task(watch(self._manager, ledger))
        await self._manager.register_all(spec.registration() for spec in self._specs)
        names = [spec.name for spec in self._specs]
        self._storm = Storm(self._manager, ledger, self._specs, self._options.seed)
        self._callers = Callers(self._manager, ledger, names, self._options.callers, self._options.seed)
        self._say(f"{len(self._manager)} of {len(names)} providers started in {self._elapsed:.2f} s")

    async def blow(self) -> None:
        """Storm and calm in turns, until the time is up."""
        reported = 0.0
        last_calm = self._options.seconds - 3  # the stop takes a while as well
        while self._elapsed < last_calm:
            self._callers.resume()
            self._storm.resume()
            await asyncio.sleep(max(0.0, min(self._options.calm, last_calm - self._elapsed)))
            await self._calm()
            if self._elapsed - reported >= self._options.report:
                reported = self._elapsed
                self._say(self._summary())

    async def stop(self) -> None:
        """Stop everything while it is called; nothing may be left."""
        for spec in self._specs:
            self._statuses[self._manager.status(spec.name).value] += 1
            self.ledger.excuse(spec.name)
        await self._storm.stop()
        self._callers.resume()
        await asyncio.sleep(0.1)
        try:
            await asyncio.wait_for(self._manager.cleanup(), PATIENCE)
        except Exception as error:
            self.ledger.violation(f"cleanup raised {error!r}")
        await self._callers.pause(PATIENCE)
        await self._callers.stop()
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        if not await until(lambda: len(asyncio.all_tasks()) == 1, 2 * GRACE):
            left = sorted(task.get_name() for task in asyncio.all_tasks())
            self.ledger.violation(f"{len(left) - 1} tasks are left after cleanup: {left[:10]}")
        if left_open := [name for name, number in self.ledger.open.items() if number]:
            self.ledger.violation(f"resources are left open: {left_open}")

    def result(self) -> Result:
        """What came of it."""
        for finding in grown(self._samples):
            self.ledger.violation(finding)
        self._say(self._summary())
        return Result(
            self._options,
            self.ledger.violations,
            self.ledger.trails,
            dict(sorted(self.ledger.counts.items())),
            dict(self._statuses),
            self._samples,
            {"p50": self.ledger.percentile(0.5), "p99": self.ledger.percentile(0.99)},
        )

    async def _calm(self) -> None:
        """Let everything come to rest, and look at what is held then."""
        await self._storm.pause(PATIENCE)
        await self._callers.pause(PATIENCE)
        # A step that was abandoned keeps what it has opened until it ends by itself.
        await until(lambda: all(self.ledger.open[spec.name] == 1 for spec in self._specs), 2 * GRACE)
        for spec in self._specs:
            if (number := self.ledger.open[spec.name]) != 1:
                status = self._manager.status(spec.name).value
                self.ledger.violation(
                    f"{spec.name}, {status}, has {number} generations open while nothing runs", spec.name
                )
        self._samples.append(await measure(self._elapsed, self.ledger.blocks))

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._begun

    def _summary(self) -> str:
        counts = self.ledger.counts
        reloads = ", ".join(f"{counts[f'reloads: {kind}']:,} {kind}" for kind in ("swap", "in_place"))
        kept, down = counts["reloads: failed, kept"], counts["reloads: failed, down"]
        p50, p99 = (self.ledger.percentile(share) * 1e3 for share in (0.5, 0.99))
        text = (
            f"{self._elapsed:4.0f} s  {counts['operations']:,} operations, p50 {p50:.1f} ms, p99 {p99:.1f} ms; "
            f"{counts['operations in threads']:,} in threads\n"
            f"        violations {counts['violations']}; failed by themselves {counts['own errors']:,}, "
            f"on providers that were broken {counts['excused failures']:,}\n"
            f"        reloads {reloads}; failed {kept:,} (the old one served on), {down:,} (down); "
            f"restarts {counts['event: RestartScheduled']:,}"
        )
        return f"{text}\n        held {self._samples[-1]}" if self._samples else text


def _frames(error: object) -> list[traceback.FrameSummary]:
    return traceback.extract_tb(error.__traceback__) if isinstance(error, BaseException) else []


class _Counting(logging.Handler):
    """Counts what is logged, by where it is said; tens of thousands of lines would say no more."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def emit(self, record: logging.LogRecord) -> None:
        record.getMessage()  # a message that cannot be formatted is an error
        self._ledger.counts[f"log: {record.levelname} {record.name}"] += 1
        if record.name == "asyncio":
            self._ledger.violation(f"asyncio logs: {record.getMessage()}")


def _listen_to_logs(ledger: Ledger) -> None:
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    root.addHandler(_Counting(ledger))
    root.setLevel(logging.INFO)
