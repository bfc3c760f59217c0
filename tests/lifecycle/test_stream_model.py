"""The event stream against a model: who gets what, in which order, and what each has lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.events import Event, EventsLost
from purveyor.lifecycle.stream import EventStream

LIMIT = 3

Act: TypeAlias = tuple[
    Literal["publish", "subscribe", "subscribe slow", "iterate", "read", "release", "undo"], int
]

ACTS = st.one_of(
    st.tuples(st.just("publish"), st.integers(1, 2 * LIMIT)),
    st.tuples(st.sampled_from(["subscribe", "subscribe slow", "iterate"]), st.just(0)),
    st.tuples(st.sampled_from(["read", "release", "undo"]), st.integers(0, 5)),
)


@dataclass(eq=False)
class Subscriber:
    """One of any kind, and what the model says of it."""

    backlog: deque[int]
    kind: Literal["plain", "slow", "iterator"]
    undo: Callable[[], None] = lambda: None
    advance: Callable[[], object] = lambda: None  # reads an iterator, or lets a slow handler finish
    got: list[int | str] = field(default_factory=list)
    expected: list[int | str] = field(default_factory=list)
    queue: deque[int] = field(default_factory=deque)
    lost: int = 0
    at_work: bool = False
    permits: int = 0
    over: bool = False

    def publish(self, number: int) -> None:
        if not self.over:
            self.queue.append(number)
            if len(self.queue) > LIMIT:
                self.queue.popleft()
                self.lost += 1

    def take(self) -> bool:
        if self.backlog:
            self.expected.append(self.backlog.popleft())
        elif self.lost:
            self.expected.append(f"lost {self.lost}")
            self.lost = 0
        elif self.queue:
            self.expected.append(self.queue.popleft())
        else:
            return False
        return True

    def settle(self) -> None:
        """What happens once the event loop has its turn."""
        while self.kind == "plain" and self.take():
            pass
        while self.kind == "slow":
            if self.at_work and not self.permits:
                break
            self.permits -= self.at_work
            self.at_work = self.take()
            if not self.at_work:
                break

    def end(self) -> None:
        self.over = True
        self.backlog.clear()
        self.queue.clear()
        self.lost = 0


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(ACTS, max_size=12), max_size=8))
def test_the_stream_does_as_the_model_says(turns: list[list[Act]]) -> None:
    """Trap 20. What stands in one list happens without the event loop having a turn."""
    asyncio.run(_play(turns))


async def _play(turns: list[list[Act]]) -> None:
    state = 0
    stream = EventStream(lambda: [Event(str(state), 0.0)] if state else [], LIMIT)
    subscribers: list[Subscriber] = []
    for acts in turns:
        for act, number in acts:
            if act == "publish":
                for _ in range(number):
                    state += 1
                    stream.publish(Event(str(state), 0.0))
                    for subscriber in subscribers:
                        subscriber.publish(state)
            elif act in ("subscribe", "subscribe slow", "iterate"):
                subscribers.append(_subscribe(stream, act, state))
            elif subscribers:
                await _disturb(subscribers[number % len(subscribers)], act)
            assert stream.active == any(not subscriber.over for subscriber in subscribers)
        for _ in range(60):
            await asyncio.sleep(0)
        for subscriber in subscribers:
            subscriber.settle()
            assert subscriber.got == subscriber.expected
        assert len(asyncio.all_tasks()) == 1 + sum(subscriber.at_work for subscriber in subscribers)


def _subscribe(stream: EventStream, act: str, state: int) -> Subscriber:
    backlog = deque([state] if state else [])
    if act == "iterate":
        iterator = stream.events()

        async def read() -> None:
            subscriber.got.append(_said(await anext(iterator)))

        subscriber = Subscriber(backlog, "iterator", iterator.__del__, read)
    elif act == "subscribe slow":
        gate = asyncio.Semaphore(0)

        async def handler(event: Event) -> None:
            subscriber.got.append(_said(event))
            await gate.acquire()

        subscriber = Subscriber(backlog, "slow", stream.subscribe(handler), gate.release)
    else:
        subscriber = Subscriber(backlog, "plain")
        subscriber.undo = stream.subscribe(lambda event: subscriber.got.append(_said(event)))
    return subscriber


async def _disturb(subscriber: Subscriber, act: str) -> None:
    if act == "undo":
        subscriber.undo()
        subscriber.end()
    elif act == "release" and subscriber.kind == "slow":
        subscriber.advance()
        subscriber.permits += 1
    elif act == "read" and subscriber.kind == "iterator" and subscriber.take():
        reading = subscriber.advance()
        assert asyncio.iscoroutine(reading)
        await reading


def _said(event: Event) -> int | str:
    return f"lost {event.count}" if isinstance(event, EventsLost) else int(event.name)
