"""The example in `examples/reload`, run as its README says."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "reload"


def run(*command: str, code: int = 0, folder: Path | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def purveyor(folder: Path, *arguments: str, code: int = 0) -> str:
    return run("-m", "purveyor.cli", *arguments, code=code, folder=folder)


def environment() -> dict[str, str]:
    return os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}


def test_callers_notice_nothing_and_nothing_is_lost() -> None:
    lines = run(str(EXAMPLE / "run.py"), "--seconds", "1").splitlines()
    assert lines[0].split() == ["operations", "failed", "p50", "ms", "p99", "ms"]
    phases = [re.split(r"  +", line.strip()) for line in lines[1:5]]
    assert [phase[0] for phase in phases] == [
        "before",
        "while the notes move to a new file",
        "while their policy changes",
        "after",
    ]
    assert all(int(phase[1].replace(",", "")) > 0 for phase in phases)
    assert [phase[2] for phase in phases] == ["0"] * 4
    acknowledged, failed = map(number, re.findall(r"\d[\d,]*", lines[6]))
    first, second, total = map(number, re.findall(r"\d[\d,]*", lines[7]))
    assert failed == 0
    assert acknowledged == total == first + second
    assert first > 0
    assert second > 0


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_graph_is_what_the_readme_says() -> None:
    assert purveyor(EXAMPLE, "graph") in (EXAMPLE / "README.md").read_text()


def test_a_change_is_planned_and_made(tmp_path: Path) -> None:
    for name in ("purveyor.toml", "desk.py"):
        shutil.copy(EXAMPLE / name, tmp_path)
    config = tmp_path / "purveyor.toml"
    up = subprocess.Popen(
        [sys.executable, "-m", "purveyor.cli", "up", "--no-watch", "--port", "0"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with up:
        try:
            assert up.stdout is not None
            while "SIGHUP reloads" not in (line := up.stdout.readline()):
                assert line, "it has ended"
            assert purveyor(tmp_path, "plan") == "nothing would change\n"
            config.write_text(config.read_text().replace("notes.db", "moved.db"))
            shown = (EXAMPLE / "README.md").read_text()
            for command, code in (("plan", 2), ("reload", 0), ("plan", 0)):
                said = purveyor(tmp_path, command, code=code)
                assert f" {command}\n{said}" in shown, said
            assert (tmp_path / ".purveyor" / "moved.db").exists()
        finally:
            up.send_signal(signal.SIGTERM)
        rest = up.stdout.read()
    assert up.returncode == 0, rest
    assert "reloaded: changed notes" in rest
