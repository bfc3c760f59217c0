"""What happens to the providers while they are called: reloads, changes, faults, and callers that leave."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from purveyor.errors import (
    LifecycleError,
    NeedFailedError,
    ProviderInUseError,
    ProviderNotFoundError,
    ProviderNotReadyError,
    ProviderTimeoutError,
    ProviderUnhealthyError,
    RegistrationAbortedError,
)
from purveyor.lifecycle.owner import GRACE
from purveyor.manager import Registration
from purveyor.metadata import ProviderMetadata, ProviderStatus, ProviderType
from purveyor.policy import Policy
from tests.soak.ledger import OrderedError
from tests.soak.units import InPlace, Swapped, Unit, UnitConfig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from purveyor.manager import ProviderManager
    from tests.soak.ledger import Ledger

__all__ = ["Spec", "Storm", "specifications", "until"]

#: How many things happen at the same time, and how long one who makes them happen pauses, in seconds.
WORKERS = 8
PAUSE = 0.05

#: For those that are ordered to hang or to refuse their cancellation: how soon they are given up, in seconds.
DEADLINE = 0.5

#: Which never turn anybody away.
POLICIES = (Policy(), Policy(timeout=20), Policy(timeout=20, retries=2), Policy(concurrency=1000))


@dataclass
class Spec:
    """One provider as it is wanted.

    Args:
        name: Its name.
        kind: Its class.
        needs: What it needs, by role.
        sound: Whether nothing is ordered that makes it fail.
        required: Whether its failure at the beginning would be everyone's.
        leaf: Whether nobody needs it, so that it may go and come again.
    """

    name: str
    kind: type[Unit]
    needs: dict[str, str]
    sound: bool
    required: bool
    leaf: bool = True
    revisions: count[int] = field(default_factory=lambda: count(1))

    def build(self) -> Unit:
        """A new instance, with a configuration of its own."""
        metadata = ProviderMetadata(self.name, ProviderType.CUSTOM, "is soaked", "1", ["soak"])
        return self.kind(metadata, self.config())

    def config(self) -> UnitConfig:
        """One that is later than all before it."""
        return UnitConfig(next(self.revisions))

    def registration(self) -> Registration:
        """All that `register_all` wants to know."""
        return Registration(
            self.build(), needs=self.needs, policy=self.policy(POLICIES[0]), required=self.required
        )

    def policy(self, like: Policy) -> Policy:
        """The same policy, with a deadline for steps that are ordered to hang."""
        if self.sound and self.kind is InPlace:
            return like
        return replace(like, start_timeout=DEADLINE, stop_timeout=DEADLINE)


def specifications(size: int, chance: random.Random) -> list[Spec]:
    """Chains of needs, both strategies; three fifths are sound, one fifth is optional.

    What is sound needs only what is sound, and what is required only what is required.
    """
    specs: list[Spec] = []
    for number in range(size):
        sound, required = number < size * 3 // 5, number < size * 4 // 5
        wanted = chance.choice((0, 1, 1, 2))
        near = specs[-12:] if chance.random() < 0.7 else specs
        needed = chance.sample(near, min(wanted, len(near)))
        for each in needed:
            each.leaf = False
        roles = dict(zip(("first", "second"), (each.name for each in needed), strict=False))
        specs.append(Spec(f"unit-{number:03}", chance.choice((InPlace, Swapped)), roles, sound, required))
    return specs


class Storm:
    """Makes things happen, and knows which failures it has ordered.

    Args:
        manager: The manager.
        ledger: Where it writes down what went wrong.
        specs: The providers.
        seed: What its choices come from.
    """

    def __init__(self, manager: ProviderManager, ledger: Ledger, specs: Sequence[Spec], seed: int) -> None:
        self._manager = manager
        self._ledger = ledger
        self._specs = specs
        self._leaves = [spec for spec in specs if spec.leaf]
        self._needed = [spec for spec in specs if not spec.leaf]
        self._swapped = [spec for spec in specs if spec.kind is Swapped]
        self._shaky = [spec for spec in specs if not spec.sound]
        self._moving: set[str] = set()  # that are unregistered and registered just now
        self._go = asyncio.Event()
        self._busy: dict[str, str] = {}  # who of the workers does what
        self._tasks = [
            asyncio.create_task(self._work(f"storm-{number}", random.Random(f"{seed}/storm/{number}")))
            for number in range(WORKERS)
        ]

    def resume(self) -> None:
        """Let things happen."""
        self._go.set()

    async def pause(self, timeout: float) -> None:
        """Wait for what happens, have everything that was broken mended, and wait until all is well.

        Args:
            timeout: How long each of these may take, in seconds.
        """
        self._go.clear()
        if not await until(lambda: not self._busy, timeout):
            self._ledger.violation(f"still at it after {timeout} s: {sorted(self._busy.values())}")
        for spec in self._specs:
            self._ledger.withdraw(spec.name)
        await asyncio.gather(*(self._mend(spec) for spec in self._specs))
        if not await until(lambda: all(map(self._is_well, self._specs)), timeout):
            for spec in self._specs:
                if not self._is_well(spec):
                    self._ledger.violation(
                        f"{spec.name} is {self._manager.status(spec.name)} and stays so", spec.name
                    )
        for spec in self._specs:
            self._ledger.expect_again(spec.name)

    async def stop(self) -> None:
        """No more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, worker: str, chance: random.Random) -> None:
        actions = [action for action, weight in _ACTIONS.items() for _ in range(weight)]
        while True:
            await self._go.wait()
            action = chance.choice(actions)
            self._busy[worker] = action.__name__
            try:
                await action(self, chance)
                self._ledger.counts[f"action: {action.__name__}"] += 1
            except Exception as error:
                self._ledger.violation(f"{action.__name__} raised {type(error).__name__}: {error}")
            finally:
                del self._busy[worker]
            await asyncio.sleep(PAUSE * 2 * chance.random())

    # --- reloads ----------------------------------------------------------------------------------------

    async def _reload(self, chance: random.Random) -> None:
        await self._reloaded(chance.choice(self._specs))

    async def _reconfigure(self, chance: random.Random) -> None:
        await self._reconfigured(chance.choice(self._specs))

    async def _reload_together(self, chance: random.Random) -> None:
        """Several at once, as from several operators; the last configuration wins."""
        spec = chance.choice(self._specs)
        await asyncio.gather(self._reconfigured(spec), self._reloaded(spec), self._reconfigured(spec))

    async def _reload_and_leave(self, chance: random.Random) -> None:
        """A caller that is cancelled; the reload goes on."""
        spec = chance.choice(self._specs)
        task = asyncio.create_task(self._reloaded(spec))
        await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _change_policy(self, chance: random.Random) -> None:
        spec = chance.choice(self._specs)
        policy = spec.policy(chance.choice(POLICIES))
        await self._try(spec, self._manager.reload_provider(spec.name, policy=policy))

    async def _replace(self, chance: random.Random) -> None:
        """The next generation is an instance that is given."""
        spec = chance.choice(self._specs)
        replacement = spec.build()
        revision = replacement.config.revision
        if await self._try(spec, self._manager.reload_provider(spec.name, replacement=replacement)):
            self._acknowledge(spec, revision)

    async def _reloaded(self, spec: Spec) -> None:
        await self._try(spec, self._manager.reload_provider(spec.name))

    async def _reconfigured(self, spec: Spec) -> None:
        config = spec.config()
        if await self._try(spec, self._manager.reload_provider(spec.name, config=config)):
            self._acknowledge(spec, config.revision)

    def _acknowledge(self, spec: Spec, revision: int) -> None:
        self._ledger.revisions[spec.name] = max(self._ledger.revisions[spec.name], revision)

    # --- faults -----------------------------------------------------------------------------------------

    async def _fail_to_swap(self, chance: random.Random) -> None:
        """The next generation does not start; nobody is excused, since the one before it serves on."""
        spec = chance.choice(self._swapped)
        step = chance.choice(("initialize", "opened"))
        self._ledger.order(spec.name, step, _going_wrong(chance))
        await self._reconfigured(spec)

    async def _fail_to_restart(self, chance: random.Random) -> None:
        """What is reloaded in place, or restarted, fails several times; supervision gets it up again."""
        spec = chance.choice(self._shaky)
        self._ledger.excuse(spec.name)
        kinds = [_going_wrong(chance) for _ in range(chance.randint(1, 3))]
        step = chance.choice(("initialize", "opened"))
        if spec.kind is InPlace and "refuse" in kinds:
            step = "initialize"  # what is abandoned keeps what it has opened, and of this there may be only one
        self._ledger.order(spec.name, step, *kinds)
        await self._reloaded(spec)

    async def _fail_to_clean_up(self, chance: random.Random) -> None:
        spec = chance.choice(self._shaky)
        self._ledger.excuse(spec.name)
        self._ledger.order(spec.name, "cleanup", _going_wrong(chance))
        await self._reloaded(spec)

    async def _be_slow(self, chance: random.Random) -> None:
        spec = chance.choice(self._specs)
        self._ledger.order(spec.name, "initialize", "slow")
        await self._reloaded(spec)

    async def _fall_ill(self, chance: random.Random) -> None:
        """Its checks fail until supervision has restarted it, and for once hang."""
        spec = chance.choice(self._shaky)
        self._ledger.excuse(spec.name)
        self._ledger.order(spec.name, "check", *(["unhealthy"] * 2 if chance.random() < 0.8 else ["hang", "fail"]))

    async def _go_and_come(self, chance: random.Random) -> None:
        """One that nobody needs is unregistered, and another registered in its place."""
        spec = chance.choice(self._leaves)
        if spec.name in self._moving:
            return
        self._moving.add(spec.name)
        self._ledger.excuse(spec.name)
        try:
            self._ledger.gone[spec.name] = time.monotonic()
            await self._try(spec, self._manager.unregister(spec.name))
            self._ledger.gone[spec.name] = time.monotonic()
            self._ledger.withdraw(spec.name)
            await self._register(spec)
        finally:
            self._moving.discard(spec.name)

    async def _take_what_is_needed(self, chance: random.Random) -> None:
        spec = chance.choice(self._needed)
        try:
            await self._manager.unregister(spec.name)
        except ProviderInUseError:
            return
        self._ledger.violation(f"{spec.name} was unregistered while others need it", spec.name)

    async def _listen(self, chance: random.Random) -> None:
        """Subscribers that fail, dawdle and leave."""

        async def dawdle(_: object) -> None:
            await asyncio.sleep(0.2)

        def fail(_: object) -> None:
            raise OrderedError("a subscriber", "handler")

        undo = self._manager.subscribe(chance.choice((dawdle, fail, lambda _: None)))
        await asyncio.sleep(chance.random())
        undo()

    # --- inside -----------------------------------------------------------------------------------------

    async def _register(self, spec: Spec) -> None:
        provider = spec.build()
        revision = provider.config.revision
        if await self._try(
            spec, self._manager.register(provider, needs=spec.needs, policy=spec.policy(POLICIES[0]))
        ):
            self._acknowledge(spec, revision)
            self._ledger.expect_again(spec.name)

    async def _try(self, spec: Spec, step: Awaitable[Any]) -> bool:
        """Whether it went well; a failure that was not ordered is a violation."""
        try:
            await step
        except Exception as error:
            if not self._was_ordered(spec, error):
                self._ledger.violation(f"lifecycle of {spec.name}: {type(error).__name__}: {error}", spec.name)
            self._ledger.counts["failed lifecycle calls"] += 1
            return False
        return True

    def _was_ordered(self, spec: Spec, error: Exception) -> bool:
        if isinstance(error, OrderedError | ProviderUnhealthyError | ProviderTimeoutError):
            return True
        if isinstance(
            error, ProviderNotReadyError | ProviderNotFoundError | RegistrationAbortedError | NeedFailedError
        ):
            culprits = {spec.name, getattr(error, "need", spec.name)}
            return any(self._ledger.is_excused(each, time.monotonic()) for each in culprits)
        if isinstance(error, ExceptionGroup):
            return all(self._was_ordered(spec, each) for each in error.exceptions if isinstance(each, Exception))
        return False

    def _is_well(self, spec: Spec) -> bool:
        try:
            return self._manager.status(spec.name) in (ProviderStatus.READY, ProviderStatus.DEGRADED)
        except ProviderNotFoundError:
            return False

    async def _mend(self, spec: Spec) -> None:
        """Get one that is down up again, as an operator would; what was abandoned has to end before."""
        deadline = time.monotonic() + 3 * GRACE
        while not self._is_well(spec) and time.monotonic() < deadline:
            try:
                if self._manager.status(spec.name) is ProviderStatus.FAILED:
                    await self._manager.reload_provider(spec.name)
                else:
                    await asyncio.sleep(0.1)
            except ProviderNotFoundError:
                await self._register(spec)
            except LifecycleError:
                await asyncio.sleep(0.1)


def _going_wrong(chance: random.Random) -> str:
    """How a step goes wrong; rarely in the way that takes long."""
    return chance.choices(("fail", "hang", "refuse"), (20, 8, 1))[0]


async def until(condition: Callable[[], bool], timeout: float) -> bool:
    """Wait for something; whether it has come within so many seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


_ACTIONS: dict[Callable[[Storm, random.Random], Awaitable[None]], int] = {
    Storm._reload: 10,
    Storm._reconfigure: 10,
    Storm._reload_together: 4,
    Storm._reload_and_leave: 4,
    Storm._change_policy: 4,
    Storm._replace: 2,
    Storm._fail_to_swap: 4,
    Storm._fail_to_restart: 3,
    Storm._fail_to_clean_up: 2,
    Storm._be_slow: 3,
    Storm._fall_ill: 3,
    Storm._go_and_come: 3,
    Storm._take_what_is_needed: 1,
    Storm._listen: 1,
}
