"""How far a migration's command is: a bar that stays in its place, or a line now and then."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from purveyor.cli.commands.migrate import shared
from purveyor.cli.options import Settings
from purveyor.cli.output import Output
from tests.cli.conftest import Run


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_off_a_terminal_a_line_is_told_every_ten_seconds(capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    for quiet, told in ((False, "scanning: 2 of 9\nscanning: 4 of 9\n"), (True, "")):
        with shared.progress(Output(Settings(quiet=quiet)), "scanning", clock=clock) as step:
            for done, seconds in ((0, 0), (1, 9.5), (2, 0.5), (3, 9.9), (4, 0.1), (5, 0)):
                clock.now += seconds
                step(done, 9, "a.py")
        assert capfd.readouterr() == ("", told)


def test_a_dumb_terminal_gets_lines(terminal: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "_PERIOD", 0)
    shown = terminal("migrate", "scan", ".", TERM="dumb").out
    assert shown == "0 classes: nothing found\n"
    Path("one.py").write_text("class Thing: ...\n")
    assert "scanning: 1 of 1\n" in terminal("migrate", "scan", ".", TERM="dumb").out


def test_the_bar_stays_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count and the bar begin and end in one column, whatever the file is called."""
    output = Output(Settings(color="never"))
    screen = Console(file=StringIO(), width=80)
    output.stderr = screen
    monkeypatch.setattr(Output, "shows_progress", True)
    bar = shared._bar(output)
    monkeypatch.setattr(shared, "_bar", lambda _output: bar)
    lines: list[str] = []
    clock = Clock()
    with shared.progress(output, "scanning", clock=clock) as step:
        for done, name in enumerate(("a.py", f"{'deep/' * 60}b.py", f"{'界/' * 60}c.py", "d.py")):
            step(done, 13000, name)
            with screen.capture() as drawn:
                screen.print(bar.get_renderable())
            (line,) = drawn.get().splitlines()
            lines.append(line)
    assert [line[:46] for line in lines] == [f"scanning {done:>5}/13000 {'':24} " for done in range(4)]
    assert [line[46:].rstrip() for line in lines[::3]] == ["a.py", "d.py"]
    assert all(
        line[46] == "…" and line.rstrip().endswith(f"/{end}.py")
        for line, end in zip(lines[1:3], "bc", strict=True)
    )
    assert all(cell_len(line.rstrip()) in (79, 80) for line in lines[1:3])


@pytest.mark.parametrize(
    ("name", "room", "shown"),
    [
        ("a/b.py", 6, "a/b.py"),
        ("a/b.py", 5, "…b.py"),
        ("a/b.py", 1, "…"),
        ("a/b.py", 0, ""),
        ("a/b.py", -3, ""),
        ("", -3, ""),
        ("界界.py", 7, "界界.py"),
        ("界界.py", 6, "…界.py"),
        ("界界.py", 5, "….py"),
    ],
)
def test_a_name_is_cut_at_its_beginning(name: str, room: int, shown: str) -> None:
    assert shared._end_of(name, room) == shown
