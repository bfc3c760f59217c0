"""What an import takes on top of `import asyncio`, which every asynchronous application has."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Arm, Comparison, Goal, Plan
from benchmarks.isolated import python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Statements, by what the tables call them; for a peer that is the module that must be installed.
IMPORT = "import purveyor"
OURS = {
    IMPORT: IMPORT,
    "from purveyor import ProviderManager": "from purveyor import ProviderManager",
}
PEERS = {
    "aiosqlite": "import aiosqlite",
    "dependency_injector": "import dependency_injector.containers, dependency_injector.providers",
    "dishka": "import dishka",
    "diskcache": "import diskcache",
    "key_value.aio": "import key_value.aio.stores.memory",
    "langgraph.store.sqlite": "import langgraph.store.sqlite.aio",
    "opentelemetry.sdk": "import opentelemetry.sdk.metrics",
    "prometheus_client": "import prometheus_client",
    "stevedore": "import stevedore",
    "svcs": "import svcs",
    "that_depends": "import that_depends",
    "wireup": "import wireup",
}

#: What must not be loaded before it is used.
HEAVY = ("pydantic", "click", "rich", "starlette", "uvicorn", "apsw", "prometheus_client", "tree_sitter")

#: What is there before, what is imported then, and what is printed of it.
_TIME = """
import time
{before}
started = time.process_time()
{statement}
print((time.process_time() - started) * 1000)
"""
_MEMORY = """
from benchmarks.resident import resident
{before}
started = resident()
{statement}
print((resident() - started) / 1e6)
"""
_LOADED = """
import sys
{before}
{statement}
print(sum(module in sys.modules for module in HEAVY))
""".replace("HEAVY", repr(HEAVY))


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """Time, memory, and what was loaded."""
    yield _comparison("an import on top of asyncio, time", "CPU ms", _TIME, PEERS, 15, plan)
    yield _comparison("an import on top of asyncio, memory", "MB", _MEMORY, PEERS, 3, plan)
    yield _comparison(f"an import of {', '.join(HEAVY)}", "modules", _LOADED, {}, 0, plan)


def _comparison(
    title: str, unit: str, program: str, peers: Mapping[str, str], limit: float, plan: Plan
) -> Comparison:
    def importing(statement: str, needs: str = "") -> Any:
        return partial(python, program.format(before="import asyncio", statement=statement), needs)

    arms = (
        Arm("import asyncio", "floor", partial(python, program.format(before="", statement="import asyncio"))),
        *(Arm(name, "purveyor", importing(statement)) for name, statement in OURS.items()),
        *(Arm(name, "peer", importing(statement, name)) for name, statement in peers.items()),
    )
    goals = (Goal(IMPORT, f"at most {limit:g}", itemgetter(IMPORT), limit),)
    return Comparison(title, unit, arms, goals, plan.pick(5, 1))
