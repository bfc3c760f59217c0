"""The reload of one registration, step by step: beside the instance that serves, or in its place.

Everything here runs in the one task that a runner has while reloads of it are asked for, so that nothing else
changes generations meanwhile. A stop may come at any await; each step looks for it before it goes on.
"""

from __future__ import annotations

import asyncio
from time import perf_counter, time
from typing import TYPE_CHECKING, Any, Literal

from purveyor.errors import (
    InvalidMetadataError,
    ProviderExistsError,
    ProviderNotReadyError,
    ProviderTypeError,
    ProviderUnhealthyError,
)
from purveyor.events import Reloaded, ReloadFailed
from purveyor.lifecycle.admission import check_metadata, refuse_abandoned
from purveyor.lifecycle.health import HealthCheck, describe_error, overrides_check
from purveyor.lifecycle.notice import tell_dependants
from purveyor.lifecycle.owner import KEEP, Owner
from purveyor.lifecycle.waiting import retrieve, see_through
from purveyor.metadata import HealthState, ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import record_of
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from purveyor.lifecycle.owner import Keep
    from purveyor.lifecycle.runner import ProviderRunner
    from purveyor.policy import Policy

__all__ = ["Change", "close_down", "end_aside", "reload_all", "set_aside", "start_beside"]


class Change:
    """What a reload is to bring; of several that are asked for before it begins, the last word counts.

    Args:
        config: The config from now on.
        policy: The policy from now on.
        replacement: An instance that takes over, perhaps of another class.
        needs: How its needs are wired from now on.

    Attributes:
        done: Done when it is over.
        recorded: Whether it was a `reload` of the class's own, which its owner counts and times.
        unwire: Undoes that the needs were wired anew; None while they are not.
    """

    __slots__ = ("config", "done", "needs", "policy", "recorded", "replacement", "unwire")

    def __init__(
        self,
        config: Any = KEEP,
        policy: Policy | Keep | None = KEEP,
        replacement: Provider[Any] | None = None,
        needs: Mapping[str, str] | Keep = KEEP,
    ) -> None:
        self.config = config
        self.policy = policy
        self.replacement = replacement
        self.needs = needs
        self.recorded = False
        self.unwire: Callable[[], None] | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(retrieve)

    def update(self, later: Change) -> None:
        """Take up what was asked for later."""
        if later.config is not KEEP or later.replacement is not None:
            self.config, self.replacement = later.config, later.replacement
        if later.policy is not KEEP:
            self.policy = later.policy
        if later.needs is not KEEP:
            self.needs = later.needs


async def reload_all(runner: ProviderRunner) -> None:
    """Reload it as often as that has been asked for."""
    while runner._pending is not None and not runner._stopping:
        change, runner._pending = runner._pending, None
        replaced = runner.owner
        began = perf_counter()
        try:
            strategy = await _reload_once(runner, change)
            _go_on(runner)  # stop wins: what has taken over is stopped at once
        except BaseException as error:
            _failed(runner, change, error)
            if isinstance(error, asyncio.CancelledError) and asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise
            continue
        _succeeded(runner, change, strategy, perf_counter() - began)
        with runner.stoppable():
            try:
                await tell_dependants(runner)
                if replaced is not None and runner._replaced and replaced in runner._replaced:
                    await end_aside(runner, replaced)
            finally:
                if change.unwire is not None:
                    runner.host.rewired(runner.name)
                change.done.set_result(None)


async def _reload_once(runner: ProviderRunner, change: Change) -> Literal["swap", "in_place"]:
    runner._move(ProviderStatus.RELOADING)
    old_policy, word = runner.policy, runner.policy_word
    if change.policy is not KEEP:
        runner.put_policy(change.policy)
    strategy: Literal["swap", "in_place"] = _strategy(runner, change)
    try:
        _rebuild(runner, change, strategy)
        if change.replacement is not None:
            _check_replacement(runner, change.replacement, runner.name)
        if change.needs is not KEEP or change.replacement is not None:
            change.unwire = runner.host.rewire(runner, change.needs, change.replacement)
        if runner.owner is None:
            runner.gate.close(ProviderStatus.RELOADING)
            fresh = runner.provider if change.replacement is None else change.replacement
            await _start_instance(runner, fresh, change.config)
        elif strategy == "swap":
            await _swap(runner, runner.owner, change)
        elif change.replacement is None and change.unwire is None:
            await _quiesce(runner)
            done = runner.owner.reload(change.config)
            change.recorded = type(runner.provider).reload is not Provider.reload
            done.add_done_callback(retrieve)
            await see_through(done)  # the gate must not be opened before
            await done
        else:
            await _exchange(runner, runner.owner, change)
    except BaseException:
        if change.unwire is not None:
            change.unwire()
        if change.policy is not KEEP and runner.policy_word == word:  # else a later one holds
            runner.put_policy(old_policy)
        raise
    return strategy


def _rebuild(runner: ProviderRunner, change: Change, strategy: Literal["swap", "in_place"]) -> None:
    """Have another instance built for another config where the one that serves cannot take it."""
    in_place = strategy == "in_place" or runner.owner is None
    if in_place and runner.provider._config_is_final and change.config is not KEEP and change.replacement is None:
        change.replacement = runner.provider.next_generation(change.config)
        change.config = KEEP


async def _swap(runner: ProviderRunner, old: Owner, change: Change) -> None:
    """Start another instance beside the one that serves, and put it in its place."""
    fresh = change.replacement
    if fresh is None:
        fresh = old.provider.next_generation(old.provider.config if change.config is KEEP else change.config)
        _check_replacement(runner, fresh, old.provider._provider_name)  # not that of an override's
    candidate = await start_beside(runner, fresh, check=True)
    # No await from here on: whoever comes meets either the one or the other.
    runner.owner = candidate
    set_aside(runner, old)
    runner._install(fresh)
    fresh._gate.open()
    old.gate.replace()
    old.leave()


async def start_beside(runner: ProviderRunner, fresh: Provider[Any], *, check: bool = False) -> Owner:
    """Start another instance; if that fails, or it is not healthy, it is disposed of."""
    refuse_abandoned(fresh, runner.name)
    runner._adopt(fresh)
    try:
        runner._inject(fresh)
        candidate = await _start_owner(runner, fresh)
        try:
            if check:
                await _check(runner, fresh)
            _go_on(runner)
            candidate.go_on()
        except BaseException:
            await _dispose(runner, candidate)
            raise
    except BaseException:
        fresh._gate.end(ProviderStatus.FAILED)
        raise
    return candidate


async def _exchange(runner: ProviderRunner, old: Owner, change: Change) -> None:
    """Stop the instance that serves, since only one may be there, and start another, or the same one anew."""
    await _quiesce(runner)
    before = runner.provider
    set_aside(runner, old)
    runner.owner = None
    await end_aside(runner, old)
    _go_on(runner)
    try:
        await _start_instance(runner, before if change.replacement is None else change.replacement, change.config)
    except BaseException as error:
        assert change.unwire is not None  # or it would have been reloaded as it stands
        change.unwire()
        change.unwire = None
        if not runner._stopping and not isinstance(error, asyncio.CancelledError):
            try:
                await _start_instance(runner, before, KEEP)
            except BaseException as again:
                error.add_note(f"what ran before could not be started again: {again!r}")
        raise


async def _start_instance(runner: ProviderRunner, provider: Provider[Any], config: Any) -> None:
    """Start an instance where none runs."""
    refuse_abandoned(provider, runner.name)
    before = runner.provider
    other = provider is not before
    old_config = provider.config
    if other:
        runner._adopt(provider)
    elif config is not KEEP:
        provider.config = config
    try:
        runner._inject(provider)
        owner = await _start_owner(runner, provider)
    except BaseException:
        if other:
            provider._gate.end(ProviderStatus.FAILED)
        else:
            provider.config = old_config
        raise
    runner.owner = owner
    if other:
        runner._install(provider)
        before._gate.retire()


async def _start_owner(runner: ProviderRunner, provider: Provider[Any]) -> Owner:
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(_: Owner, error: BaseException | None) -> None:
        started.set_result(None) if error is None else started.set_exception(error)

    runner._candidate = candidate = Owner(provider, provider._gate, runner, settle)
    started.add_done_callback(retrieve)
    try:
        await asyncio.wait([started])
    except BaseException as error:  # the task that reloads was cancelled
        candidate.interrupt(error)
        await _dispose(runner, candidate)
        raise
    finally:
        runner._candidate = None
    await started
    try:
        candidate.go_on()
    except ProviderNotReadyError:  # the very moment it was ready
        await _dispose(runner, candidate)
        raise
    return candidate


async def _dispose(runner: ProviderRunner, owner: Owner) -> None:
    set_aside(runner, owner)
    await end_aside(runner, owner)


async def _check(runner: ProviderRunner, provider: Provider[Any]) -> None:
    """Refuse a new generation that is not healthy from the beginning."""
    if overrides_check(provider):
        runner._trial = HealthCheck(runner.name, provider.check, runner.host.check_timeout, runner.check_abandoned)
        try:
            health = await runner._trial.run()
        finally:
            runner._trial = None
        if health.state is HealthState.UNHEALTHY:
            raise ProviderUnhealthyError(runner.name, health.message)


def _go_on(runner: ProviderRunner) -> None:
    if runner._stopping:
        raise ProviderNotReadyError(runner.name, ProviderStatus.STOPPING)


async def _quiesce(runner: ProviderRunner) -> None:
    """Have newcomers wait, and wait for who is inside."""
    gate = runner.gate
    gate.make_wait()
    left = await gate.drain(runner.drain_timeout, lambda: runner._stopping)
    _go_on(runner)
    if left:
        runner.overstayed(left)
    gate.close(ProviderStatus.RELOADING)


async def end_aside(runner: ProviderRunner, owner: Owner) -> None:
    """Have an owner that was set aside go to its end."""
    assert runner._replaced is not None
    if owner not in runner._replaced:
        return
    if owner.task.done() or owner.abandoned:  # before it was set aside
        del runner._replaced[owner]
        return
    over = runner._replaced[owner] = asyncio.get_running_loop().create_future()
    owner.replaced = True
    owner.leave()
    await over


def set_aside(runner: ProviderRunner, owner: Owner) -> None:
    """Have an owner not be that of the live instance any more; it still runs."""
    if runner._replaced is None:
        runner._replaced = {}
    runner._replaced[owner] = None
    owner.replaced = True


async def close_down(runner: ProviderRunner, reason: str) -> None:
    """Stop what serves, and have operations refused until a reload succeeds."""
    owner = runner.owner
    assert owner is not None
    runner.gate.turn_away()
    set_aside(runner, owner)
    runner.owner = None
    runner._move(ProviderStatus.FAILED, reason)
    await end_aside(runner, owner)
    if not runner._stopping:
        runner.gate.refuse(ProviderStatus.FAILED)


def _succeeded(
    runner: ProviderRunner, change: Change, strategy: Literal["swap", "in_place"], seconds: float
) -> None:
    first = runner.generation == 0
    runner.generation += 1
    runner.root = runner.name
    runner.reloaded = time()
    runner.last_reload_error = None
    runner.host.supervisor.started(runner)
    runner._settle()  # what was unhealthy is believed to be, until a check says otherwise
    runner.gate.open()
    if first:
        runner.host.live(runner)
    if not change.recorded:
        MetricsManager.get_instance().note("reload", runner.type.value, runner.name, seconds)
    _count(runner, "success")
    runner.host.publish(Reloaded(runner.name, time(), runner.generation, strategy, seconds))


def _failed(runner: ProviderRunner, change: Change, error: BaseException) -> None:
    runner.last_reload_error = describe_error(error)
    if not change.recorded:
        record_of(runner.provider, "reload").fail(error)
    _count(runner, "failure")
    if runner._stopping:
        error = ProviderNotReadyError(runner.name, ProviderStatus.STOPPING)
    elif runner.owner is not None:
        runner._settle()
        runner.gate.open()
        runner.host.publish(ReloadFailed(runner.name, time(), runner.last_reload_error, kept=True))
    else:
        runner._move(ProviderStatus.FAILED, error)
        runner.gate.refuse(ProviderStatus.FAILED)
        runner.host.publish(ReloadFailed(runner.name, time(), runner.last_reload_error, kept=False))
        runner.host.supervisor.failed(runner, error)
    change.done.set_exception(error)


def _strategy(runner: ProviderRunner, change: Change) -> Literal["swap", "in_place"]:
    chosen = runner.policy.reload if runner.policy is not None else None
    return chosen or type(runner.provider if change.replacement is None else change.replacement).provider_reload


def _check_replacement(runner: ProviderRunner, provider: Provider[Any], name: str) -> None:
    if not isinstance(provider, Provider):
        raise ProviderTypeError(runner.name, type(provider), Provider)
    if provider._gate.in_use:
        raise ProviderExistsError(provider._provider_name)
    refuse_abandoned(provider, name)
    check_metadata(provider)
    if provider.metadata.name != name:
        raise InvalidMetadataError("name", f"it must be {name!r}, as before, not {provider.metadata.name!r}")


def _count(runner: ProviderRunner, result: str) -> None:
    MetricsManager.get_instance().counter(
        "provider_reloads", type=runner.type.value, name=runner.name, result=result
    )
