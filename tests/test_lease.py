"""The gate by itself: what the tests of the manager cannot time exactly."""

from __future__ import annotations

import asyncio
import threading

from purveyor.errors import ProviderNotReadyError
from purveyor.lease import UNREGISTERED, Gate
from purveyor.metadata import ProviderStatus


def own_cell(gate: Gate) -> list[int]:
    return gate.cell(threading.get_ident())


async def test_who_begins_to_wait_just_as_the_gate_opens_does_not_wait() -> None:
    gate = Gate("one")
    gate.open()
    woken = asyncio.Event()
    gate._on_opening(woken.set)
    assert woken.is_set()
    gate.refuse(ProviderStatus.FAILED)
    woken.clear()
    gate._on_opening(woken.set)  # there is nothing to wait for
    assert woken.is_set()


async def test_a_gate_can_be_drained_when_nobody_is_inside() -> None:
    gate = Gate("one")
    gate.make_wait()
    assert await gate.drain(0.0) == 0
    assert gate.shut


async def test_the_last_to_leave_from_another_thread_ends_the_drain() -> None:
    gate = Gate("one")
    gate.open()
    go = threading.Event()
    inside = threading.Event()

    def visit() -> None:
        lease = own_cell(gate)
        gate.admit_thread(lease)
        inside.set()
        go.wait()
        lease[0] -= 1
        gate.left()

    thread = threading.Thread(target=visit)
    thread.start()
    await asyncio.to_thread(inside.wait)
    assert gate.held == 1
    gate.make_wait()
    assert await gate.drain(0.01) == 1
    drain = asyncio.create_task(gate.drain(60))
    await asyncio.sleep(0.01)
    assert not drain.done()
    go.set()
    assert await drain == 0
    thread.join()


async def test_those_who_wait_are_turned_away_when_it_ends() -> None:
    gate = Gate("one")
    waiting = [asyncio.create_task(gate.admit(own_cell(gate))) for _ in range(3)]
    await asyncio.sleep(0)
    gate.end(ProviderStatus.STOPPED)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(outcome, ProviderNotReadyError) for outcome in outcomes)
    assert gate.held == 0


def test_the_gate_of_the_unregistered_is_open_and_in_nobodys_use() -> None:
    assert not UNREGISTERED.shut
    assert not UNREGISTERED.in_use
    assert Gate("one").in_use
