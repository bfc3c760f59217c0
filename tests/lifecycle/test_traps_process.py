"""The traps of event loops, processes and the garbage collector."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from purveyor.manager import ProviderManager
from tests.lifecycle.lines import Member, turns
from tests.providers import waiting


def test_a_manager_follows_from_one_event_loop_to_the_next() -> None:
    """Trap 24: nothing of it is bound to a loop that is over, contended or not."""
    manager = ProviderManager()
    provider = Member()

    async def use() -> None:
        await manager.register(provider)
        go = asyncio.Event()
        provider.steps["initialize"] = waiting(go)
        reloads = [asyncio.create_task(manager.reload_provider("one")) for _ in range(3)]
        calls = [asyncio.create_task(provider.which()) for _ in range(3)]
        await turns()
        go.set()
        await asyncio.gather(*reloads, *calls)
        provider.steps.clear()
        await manager.cleanup()

    for _ in range(3):
        asyncio.run(use())


async def run(program: str, *, interrupts: int = 0) -> tuple[int, str]:
    """Run a program in a process of its own; interrupt it each time it prints ``ready``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        textwrap.dedent(program),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    lines: list[str] = []
    async for line in process.stdout:
        lines.append(line.decode().strip())
        if lines[-1] == "ready" and interrupts:
            interrupts -= 1
            process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    return await process.wait(), "\n".join([*lines, errors.decode()])


INTERRUPTED = """
import asyncio
from purveyor import ProviderManager
from tests.providers import Scripted

async def slowly():
    print("cleaning up", flush=True)
    await asyncio.sleep(0.01)
    print("cleaned up", flush=True)

async def never():
    print("ready", flush=True)
    await asyncio.sleep(3600)

async def main():
    async with ProviderManager() as manager:
        await manager.register(Scripted("one", cleanup={cleanup}))
        print("ready", flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


async def test_an_interrupt_stops_all_that_runs() -> None:
    """Trap 9: it is not swallowed, and the cleanup runs to its end."""
    code, output = await run(INTERRUPTED.format(cleanup="slowly"), interrupts=1)
    assert output.count("cleaning up") == output.count("cleaned up") == 1
    assert "KeyboardInterrupt" in output
    assert "never retrieved" not in output
    assert code in (1, -signal.SIGINT)


async def test_a_second_interrupt_ends_a_cleanup_that_hangs() -> None:
    """Trap 9: at once, not at the deadline."""
    code, output = await run(INTERRUPTED.format(cleanup="never"), interrupts=2)
    assert output.count("ready") == 2
    assert "KeyboardInterrupt" in output
    assert code in (1, -signal.SIGINT)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
async def test_after_a_fork_the_child_is_refused_and_may_have_its_own() -> None:
    """Trap 25: the parent's providers stay the parent's."""
    code, output = await run(
        """
        import asyncio, os, warnings
        from purveyor import ProviderManager
        from purveyor.errors import WrongEventLoopError
        from tests.providers import Scripted

        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside a thread, from Python 3.12 on
        manager, provider = ProviderManager(), Scripted()

        async def refused():
            for call in (manager.register(Scripted("two")), manager.unregister("one"), manager.check("one"),
                         manager.reload_provider("one"), manager.cleanup()):
                try:
                    await call
                except WrongEventLoopError as error:
                    assert "after a fork, build it in the child" in str(error)
                else:
                    raise AssertionError("it was not refused")
            async with ProviderManager() as own:
                await own.register(mine := Scripted("one"))
                assert await mine.echo(1) == 1

        def child():
            code = 1
            try:
                asyncio.events._set_running_loop(None)  # the parent's, of which the child has a copy
                asyncio.new_event_loop().run_until_complete(refused())
                code = 0
            finally:
                os._exit(code)

        async def main():
            await manager.register(provider)
            pid = os.fork()
            if pid == 0:
                child()
            _, status = os.waitpid(pid, 0)
            print("child", os.waitstatus_to_exitcode(status))
            assert await provider.echo(1) == 1
            await manager.cleanup()
            assert provider.calls == ["validate", "initialize", "cleanup"]
            print("parent 0")

        asyncio.run(main())
        """
    )
    assert output.split("\n")[:2] == ["child 0", "parent 0"], output
    assert code == 0


async def test_a_manager_that_was_forgotten_says_so() -> None:
    """Trap 40: a warning with the manager as its source, and no cleanup in the garbage collector."""
    code, output = await run(
        """
        import asyncio, gc, sys, warnings
        from purveyor import ProviderManager
        from tests.providers import Scripted

        warnings.simplefilter("always")
        warnings._showwarnmsg = lambda message: print(message.message, type(message.source).__name__, flush=True)

        def main():
            loop = asyncio.new_event_loop()
            manager, provider = ProviderManager(), Scripted()
            loop.run_until_complete(manager.register(provider))
            for task in asyncio.all_tasks(loop):
                task._log_destroy_pending = False
            loop.close()
            return provider.calls

        calls = main()
        gc.collect()
        print(calls)
        """
    )
    assert output.split("\n")[:2] == [
        "a ProviderManager was dropped while one ran; await its cleanup() ProviderManager",
        "['validate', 'initialize']",
    ]
    assert code == 0
