"""What `LifecycleConformance` does with a provider: one scenario a test."""

from __future__ import annotations

import asyncio
import traceback
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from purveyor.metadata import Health, ProviderMetadata, ProviderType
from purveyor.policy import Policy
from purveyor.testing.interruption import Interruption, cancel, hold_until
from purveyor.testing.leftovers import Leftovers
from purveyor.testing.secrets import overhear, secrets_in
from purveyor.testing.stage import Life, require

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from purveyor.provider import Provider
    from purveyor.testing.stage import Stage

_CALLERS = 8
_RELOADS = 3


async def check_metadata(stage: Stage) -> None:
    """Its metadata is what `ProviderMetadata` says."""
    metadata: object = (await stage.build()).metadata
    if not isinstance(metadata, ProviderMetadata):
        stage.fail(f"its metadata is {metadata!r}", "call super().__init__(metadata, config)")
    kinds: dict[str, tuple[Callable[[Any], bool], str]] = {
        "name": (lambda value: isinstance(value, str) and value != "", "a string that is not empty"),
        "type": (lambda value: isinstance(value, ProviderType), "a ProviderType"),
        "description": (lambda value: isinstance(value, str), "a string"),
        "version": (lambda value: isinstance(value, str), "a string"),
        "capabilities": (lambda value: isinstance(value, list) and _are_strings(value), "a list of strings"),
        "labels": (
            lambda value: isinstance(value, dict) and _are_strings([*value, *value.values()]),
            "a dictionary of strings",
        ),
    }
    for field, (is_valid, kind) in kinds.items():
        value = getattr(metadata, field)
        if not is_valid(value):
            stage.fail(f"metadata.{field} is {value!r}", f"make it {kind}")


async def live_plainly(stage: Stage) -> None:
    """Register, operate, unregister; nothing is left."""

    async def live() -> None:
        provider = await stage.build()
        name = provider.metadata.name
        with stage.doing("registering it", "see what validate and initialize need"):
            await stage.manager.register(provider, needs=stage.needs)
        with stage.doing("an operation", "have initialize open all that it uses"):
            await stage.subject.operate(provider)
        with stage.doing("unregistering it", "have cleanup cope with all that operations leave behind"):
            await stage.manager.unregister(name)

    await _leave_nothing(
        stage, live, "its whole life", "release in cleanup what initialize and operations acquire"
    )


async def validate_only(stage: Stage) -> None:
    """Nothing is left of a `validate` without more."""

    async def validate() -> None:
        provider = await stage.build()
        with stage.doing("validate", "have make() build a provider with a valid config"):
            await provider.validate()

    await _leave_nothing(stage, validate, "validate", "only check there, and acquire in initialize")


async def cancel_initialize(stage: Stage) -> None:
    """Cancel `initialize` at each of its awaits, then clean up."""

    async def live(turn: int) -> str | None:
        provider = await stage.build()
        await provider.validate()
        where, swallowed = await _cancel(stage, "initialize", provider.initialize, turn)
        if swallowed:
            stage.fail(f"{where}, went on as if nothing had happened", "let CancelledError pass")
        with stage.doing(f"cleanup{_after(where)}", "have it cope with whatever initialize had got to"):
            await provider.cleanup()
        return where

    await _at_each_await(stage, live)


async def cancel_cleanup(stage: Stage) -> None:
    """Cancel `cleanup` at each of its awaits, then clean up once more."""

    async def live(turn: int) -> str | None:
        provider = await stage.build()
        await _start(stage, provider)
        where, _ = await _cancel(stage, "cleanup", provider.cleanup, turn)
        with stage.doing(f"cleanup{_after(where)}", "forget what is open only once it is closed"):
            await provider.cleanup()
        return where

    await _at_each_await(stage, live)


async def cancel_reload(stage: Stage) -> None:
    """Cancel `reload` at each of its awaits; then reload, operate and clean up."""

    async def live(turn: int) -> str | None:
        provider = await stage.build()
        await _start(stage, provider)
        where, _ = await _cancel(stage, "reload", provider.reload, turn)
        with stage.doing(
            f"a reload{_after(where)}", "have cleanup and initialize work from whatever state there is"
        ):
            await provider.reload()
        with stage.doing(f"an operation{_after(where)} and another one", "have initialize open all that it uses"):
            await stage.subject.operate(provider)
        with stage.doing(f"cleanup{_after(where)} and another one", "have it release what there is"):
            await provider.cleanup()
        return where

    await _at_each_await(stage, live)


async def clean_up_too_often(stage: Stage) -> None:
    """Clean up before `initialize`, and twice after it."""

    async def live() -> None:
        provider = await stage.build()
        advice = "have it release what there is, and nothing else"
        with stage.doing("cleanup before initialize", advice):
            await provider.cleanup()
        await _start(stage, provider)
        for which in ("cleanup", "a second cleanup"):
            with stage.doing(which, advice):
                await provider.cleanup()

    await _leave_nothing(stage, live, "cleanup, though it came twice,", "release what there is")


async def reload_under_callers(strategy: Literal["in_place", "swap"], stage: Stage) -> None:
    """Reload several times while operations are called."""
    provider = await stage.build()
    manager, name = stage.manager, provider.metadata.name
    await stage.bounded(manager.register(provider, needs=stage.needs, policy=Policy(reload=strategy)))
    done, over = 0, False

    async def call(get: Callable[[], Provider[Any]], pause: int) -> None:
        nonlocal done
        while not over:
            with stage.doing(
                f"an operation during a reload ({strategy})",
                "mark what others call with @operation, so that reloads wait for it, and open in initialize all "
                "that it uses",
            ):
                await stage.subject.operate(get())
            done += 1
            for _ in range(pause):  # so that they are at different points when a reload comes
                await asyncio.sleep(0)

    async def reload() -> None:
        nonlocal over
        try:
            for _ in range(_RELOADS):
                enough = done + _CALLERS
                while done < enough and not any(caller.done() for caller in callers):  # noqa: ASYNC110
                    await asyncio.sleep(0)
                with stage.doing(f"a reload ({strategy})", "have initialize work again after cleanup"):
                    config = stage.subject.config_after_reload(manager.get(name).config)
                    await manager.reload_provider(name, config=config)
        finally:
            over = True

    old, new = (lambda: provider), (lambda: manager.get(name))
    callers = [asyncio.create_task(call(new if turn % 2 else old, 1 + turn)) for turn in range(_CALLERS)]
    try:
        await stage.bounded(reload())
    finally:  # if a reload has failed, that is what is reported
        outcomes = await stage.bounded(_gather(callers))
    for outcome in outcomes:
        if outcome is not None:
            raise outcome
    await stage.bounded(manager.unregister(name))


async def require_swap(stage: Stage) -> None:
    """Skip the test where the class does not swap."""
    swaps = (await stage.build()).provider_reload == "swap"
    require(swaps, 'it reloads in place: the class does not say provider_reload = "swap"')


async def overlap(stage: Stage) -> None:
    """Open a second generation, close the first, and go on with the second."""

    async def swap() -> None:
        old = await stage.build()
        first = Life(stage, old, "the first generation")
        await first.start()
        new = old.next_generation(stage.subject.config_after_reload(old.config))
        if new is old or new.metadata.name != old.metadata.name:
            stage.fail(f"next_generation answered {new!r}", "build another instance, with the same metadata")
        stage.inject(new)
        second = Life(stage, new, "the next generation, beside the first,")
        await second.start()
        with stage.doing("an operation while two generations are open", _APART):
            await asyncio.gather(stage.subject.operate(old), stage.subject.operate(new))
        await first.stop()
        with stage.doing("an operation of the next generation, after the first was closed,", _APART):
            await stage.subject.operate(new)
        await second.stop()

    await _leave_nothing(stage, swap, "two generations", "have each cleanup release what its instance acquired")


async def check_beside_operations(stage: Stage) -> None:
    """Check while nothing runs, and while an operation stands at each of its awaits."""
    provider = await stage.build()
    life = Life(stage, provider, "it")
    await life.start()
    await _check(stage, provider, "")
    for turn in range(1, stage.subject.most_awaits + 1):
        released = asyncio.Event()
        held = Interruption(stage.subject.operate(provider), turn, partial(hold_until, released))
        operation = asyncio.create_task(_await(held))
        while held.place is None and not operation.done():  # noqa: ASYNC110 - of that there is no event
            await asyncio.sleep(0)
        if held.place is not None:
            await _check(stage, provider, f", while an operation stands at {held.place},")
        released.set()
        with stage.doing("an operation beside a check", "have check change nothing"):
            await stage.bounded(operation)
        if held.place is None:
            break
    await life.stop()


async def use_from_other_tasks(stage: Stage) -> None:
    """Operate in a context that has seen nothing of `initialize`."""
    provider = await stage.build()
    before = copy_context()
    with stage.doing("registering it", "see what validate and initialize need"):
        await stage.bounded(stage.manager.register(provider, needs=stage.needs))
    with stage.doing(
        "an operation in another task than initialize",
        "keep on self what initialize makes: context variables that it sets are seen by nobody else",
    ):
        await stage.bounded(asyncio.create_task(stage.subject.operate(provider), context=before))
    with stage.doing("unregistering it from another task", "release in cleanup what initialize acquired"):
        await stage.bounded(stage.manager.unregister(provider.metadata.name))


async def use_again(kept: list[Provider[Any]], stage: Stage) -> None:
    """Live once on this event loop; `kept` holds the provider from one event loop to the next."""
    again = " on a second event loop" if kept else ""
    if not kept:
        kept.append(await stage.build())
    provider = kept[0]
    advice = "make locks, events, queues and clients in initialize, not in __init__, and drop them in cleanup"
    with stage.doing(f"registering it{again}", advice):
        await stage.bounded(stage.manager.register(provider, needs=stage.needs))
    for _ in range(2):
        with stage.doing(f"operations{again}", advice):
            for outcome in await stage.bounded(
                _gather([stage.subject.operate(provider) for _ in range(_CALLERS)])
            ):
                if outcome is not None:
                    raise outcome
    with stage.doing(f"unregistering it{again}", advice):
        await stage.bounded(stage.manager.unregister(provider.metadata.name))


async def live_overheard(stage: Stage) -> None:
    """Live, while all that is said of it is listened to."""
    provider = await stage.build()
    subject, manager, name = stage.subject, stage.manager, provider.metadata.name
    changed = subject.config_after_reload(provider.config)
    secrets = secrets_in(provider.config) | secrets_in(changed)
    require(bool(secrets), "the config that make() gives holds no secret")

    async def live() -> None:
        await manager.register(provider, needs=stage.needs)
        await subject.operate(provider)
        heard.append(repr(await provider.check()))
        await manager.reload_provider(name, config=changed)
        heard.append(repr(manager.get(name)))
        await manager.unregister(name)

    async def listen(part: Coroutine[Any, Any, None]) -> Exception | None:
        try:
            await stage.bounded(part)
        except Exception as error:
            heard.extend(traceback.format_exception(error, limit=0))
            return error
        return None

    with overhear() as heard:
        heard += [repr(provider), repr(provider.metadata), repr(provider.config)]
        error = await listen(live())
        await listen(subject.operate(provider))  # it is closed, and is to say so without them
    for text in heard:
        if any(secret in text for secret in secrets):
            for secret in secrets:
                text = text.replace(secret, "*****")  # noqa: PLW2901
            stage.fail(f"it shows a secret of its config:\n{text}", "leave configs out of texts, logs and errors")
    if error:
        raise error


# --- What they have in common ---------------------------------------------------------------------------

_APART = "share nothing between instances"


async def _start(stage: Stage, provider: Provider[Any]) -> None:
    with stage.doing("validate", "have make() build a provider with a valid config"):
        await provider.validate()
    with stage.doing("initialize", "have make() build a provider that can be initialized here"):
        await provider.initialize()


async def _leave_nothing(
    stage: Stage, live: Callable[[], Coroutine[Any, Any, None]], what: str, advice: str
) -> None:
    """Twice, since what is made once in a process and kept is made the first time."""
    with Leftovers() as leftovers:
        await stage.bounded(live())
        leftovers.note()
        await stage.bounded(live())
        await _report(stage, leftovers, what, advice)


async def _at_each_await(stage: Stage, live: Callable[[int], Coroutine[Any, Any, str | None]]) -> None:
    """Have a step cancelled at its first await, then at its second, until it has no more.

    Args:
        stage: Where.
        live: A life in which a step is cancelled at its n-th await; it says where, or None if there was none.
    """
    advice = "have cleanup release what a step that was broken off has acquired so far"
    with Leftovers() as leftovers:
        await stage.bounded(live(0))
        leftovers.note()
        for turn in range(1, stage.subject.most_awaits + 1):
            where = await stage.bounded(live(turn))
            if where is None:
                return
            await _report(stage, leftovers, where, advice)


class _Cancelled(NamedTuple):
    where: str | None  # None if the step had not so many awaits
    swallowed: bool


async def _cancel(
    stage: Stage, step: str, method: Callable[[], Coroutine[Any, Any, None]], turn: int
) -> _Cancelled:
    """Run a step, and cancel it at its n-th await."""
    interrupted = Interruption(method(), turn, cancel)
    swallowed = True
    with stage.doing(step, "raise nothing in the place of CancelledError"):
        try:
            await interrupted
        except asyncio.CancelledError:
            swallowed = False
            if interrupted.place is None:
                raise
    if interrupted.place is None:
        return _Cancelled(None, False)
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()
    return _Cancelled(f"{step} that was cancelled at await {turn} ({interrupted.place})", swallowed)


def _after(where: str | None) -> str:
    return f" after {where}" if where else ""


async def _report(stage: Stage, leftovers: Leftovers, what: str, advice: str) -> None:
    if left := await leftovers.remaining(stage.subject.patience):
        stage.fail(f"{what} left behind\n" + "\n".join(f"  - {each}" for each in left), advice)


async def _check(stage: Stage, provider: Provider[Any], beside: str) -> None:
    with stage.doing(f"check{beside}", "have it return Health.unhealthy(...) instead, and wait for no lock"):
        health: object = await stage.bounded(provider.check())
    if not isinstance(health, Health):
        stage.fail(f"check answered {health!r}", "return a Health, such as Health.healthy()")


async def _await(interruption: Interruption[None]) -> None:
    await interruption


async def _gather(work: Any) -> list[BaseException | None]:
    outcomes: list[BaseException | None] = await asyncio.gather(*work, return_exceptions=True)
    return outcomes


def _are_strings(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
