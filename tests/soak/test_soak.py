"""Half a minute of the soak, in a process of its own; and that it finds what it is there to find."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.soak.ledger import Ledger
from tests.soak.measure import Sample, grown

ROOT = Path(__file__).parents[2]

#: For these the whole system is run without one of its guarantees.
WITHOUT_LEASES = """
for name in ("read", "relay", "stream"):
    setattr(units.Unit, name, getattr(units.Unit, name).__wrapped__)
"""
WITHOUT_CLOSING = """
async def initialize(self, real=units.Unit.initialize):
    await real(self)
    kept.append(asyncio.create_task(asyncio.Event().wait(), name="left behind"))
units.Unit.initialize = initialize
"""
DEAF = """
async def read(self, number):
    return self._provider_name, 0, number
units.Unit.read = read
"""


def run(target: Path, *options: str, sabotage: str = "") -> tuple[int, str, dict[str, Any]]:
    """The program's exit code, what it says, and its result."""
    code = f"import asyncio, sys\nfrom tests.soak import units\nkept = []\n{sabotage}\n"
    code += "from tests.soak.__main__ import main\nsys.exit(main())"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", code, *options, "--json", str(target)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert target.exists(), done.stdout + done.stderr
    assert done.stderr == ""
    return done.returncode, done.stdout, json.loads(target.read_text())


def test_half_a_minute(tmp_path: Path) -> None:
    code, said, result = run(tmp_path / "soak.json", "--seconds", "30", "--calm", "3")
    assert result["violations"] == {}, said
    assert code == 0
    assert "nothing happened that must not" in said
    counts = result["counts"]
    assert counts["operations"] > 5_000
    assert counts["operations in threads"] > 100
    for kind in ("swap", "in_place", "failed, kept", "failed, down"):
        assert counts[f"reloads: {kind}"] > 0
    for happened in ("needs reloaded", "own errors", "excused failures", "impatient callers"):
        assert counts[happened] > 0
    for event in ("StatusChanged", "HealthChanged", "RestartScheduled", "Abandoned"):
        assert counts[f"event: {event}"] > 0
    assert set(result["statuses"]) <= {"ready", "degraded"}
    assert sum(result["statuses"].values()) == 200
    assert len(result["samples"]) >= 2


@pytest.mark.parametrize(
    ("sabotage", "found"),
    [
        (WITHOUT_LEASES, "runs on a generation that is closed"),
        (WITHOUT_CLOSING, "'left behind', 'left behind'"),
        (DEAF, "was acknowledged"),
    ],
)
def test_it_finds_what_is_broken(tmp_path: Path, sabotage: str, found: str) -> None:
    small = ("--seconds", "5", "--calm", "1", "--providers", "20", "--callers", "40", "--seed", "1")
    code, said, result = run(tmp_path / "soak.json", *small, sabotage=sabotage)
    assert code == 1
    assert any(found in violation for violation in result["violations"]), result["violations"]
    assert "seed 1" in said


def samples(**columns: list[int]) -> list[Sample]:
    held = {"tasks": 400, "threads": 3, "files": 9, "blocks": 400_000, "resident": 90_000_000}
    length = len(next(iter(columns.values())))
    return [
        Sample(float(number), **{name: columns.get(name, [held[name]] * length)[number] for name in held})
        for number in range(length)
    ]


def test_what_grows_is_found_and_what_varies_is_not() -> None:
    assert grown(samples(tasks=[100, 250, 400, 401, 399, 400, 400, 402, 400])) == []
    assert grown(samples(blocks=[300_000, 350_000, 400_000, 401_000, 399_000, 402_000, 400_500])) == []
    assert grown(samples(tasks=list(range(400, 490, 10)))) == ["tasks grew from 440 to 470"]
    assert grown(samples(files=list(range(10, 28, 2)))) == ["files grew from 18 to 24"]
    (finding,) = grown(samples(blocks=list(range(400_000, 580_000, 20_000))))
    assert finding.startswith("blocks grew")
    (finding,) = grown(samples(resident=list(range(90_000_000, 180_000_000, 10_000_000))))
    assert finding.startswith("resident grew")
    (finding,) = grown(samples(tasks=[1]))
    assert "too few" in finding


def test_an_excuse_holds_until_the_provider_is_ready_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    ledger = Ledger()
    assert not ledger.is_excused("a", since=0)
    ledger.excuse("a")
    now = 20.0
    assert ledger.is_excused("a", since=15)
    assert not ledger.is_excused("b", since=15)
    ledger.expect_again("a")
    now = 30.0
    assert ledger.is_excused("a", since=19)  # the call began before
    assert not ledger.is_excused("a", since=21)
