"""What the commands of a migration share: their arguments, progress, and how states and diffs look."""

from __future__ import annotations

import os
import shlex
import signal
import textwrap
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click
from rich.cells import cell_len
from rich.text import Text

from purveyor.cli.files import whole_file
from purveyor.cli.output import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from rich.progress import Progress

    from purveyor.cli.output import Output

__all__ = [
    "STATES",
    "count_states",
    "diff_line",
    "ended_by_signals",
    "exclude_option",
    "file_count",
    "near",
    "next_command",
    "one_line",
    "paragraph",
    "plan_argument",
    "progress",
    "refuse_missing_folder",
    "root_option",
    "state_text",
    "told_if_interrupted",
    "tree_argument",
    "write_whole",
]

#: The states that a class can end in, with how each is shown.
STATES = {
    "converted": "green",
    "converted-with-warnings": "yellow",
    "adapter": "cyan",
    "refused": "red",
    "not-a-provider": "dim",
}

#: After how many seconds progress is shown.
_PATIENCE = 0.5

#: How many seconds pass between two lines of progress where no terminal could show a bar.
_PERIOD = 10

#: How many characters the bar has.
_BAR = 24

#: How many characters of a text stand in a line at least, however narrow a terminal is.
_NARROWEST = 40

tree_argument = click.argument("path", type=click.Path(exists=True, path_type=Path))
plan_argument = click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
root_option = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The source tree, if it is not where the plan says.",
)
exclude_option = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave out paths that match, such as 'tests/*'."
)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file, or leave what is there as it is; an error names the file, whatever the system says of it."""
    try:
        with whole_file(target, replace=True) as file:
            file.write(data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error


def refuse_missing_folder(target: Path, option: str) -> None:
    """Refuse a file that could not be written before the work is done that is to be written there."""
    if not target.parent.is_dir():
        raise click.BadParameter(f"there is no folder {str(target.parent)!r}: make it first", param_hint=option)


@contextmanager
def progress(
    output: Output, title: str, *, at_once: bool = False, clock: Callable[[], float] = monotonic
) -> Generator[Callable[[int, int, str], None]]:
    """Show how far a command is, once it has taken a while: a bar on a terminal, a line now and then elsewhere.

    Args:
        output: Where.
        title: What it does.
        at_once: Show the bar from the first step: each of them takes a while.
        clock: Tells the time, in seconds.

    Yields:
        What to call at each step: how many are done, how many there are, and which one it is.
    """
    begun = told = clock()
    if not output.shows_progress or output.stderr.is_dumb_terminal:

        def line(done: int, total: int, _name: str) -> None:
            nonlocal told
            if clock() - told >= _PERIOD:
                told = clock()
                output.note(f"{title}: {done} of {total}")

        yield line
        return
    bar = _bar(output)
    task = bar.add_task(title, total=None, name="")

    def step(done: int, total: int, name: str) -> None:
        # What was read is compared and judged after the last file, and that takes as long again.
        shown = one_line(name) if done < total else "putting it together"
        room = output.stderr.width - len(f"{title} {total}/{total} {'':{_BAR}} ")
        bar.update(task, completed=done, total=total, name=_end_of(shown, room))
        if at_once or clock() - begun > _PATIENCE:
            bar.start()  # again and again does no harm

    try:
        yield step
    finally:
        bar.stop()


def _bar(output: Output) -> Progress:
    """A bar that stays in its place: what changes its length comes last, and is cut."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        BarColumn(bar_width=_BAR),
        TextColumn("{task.fields[name]}"),
    )
    return Progress(*columns, console=output.stderr, transient=True)


def _end_of(name: str, room: int) -> str:
    """A path in so many cells of a terminal, without its beginning if need be."""
    if cell_len(name) <= room:
        return name
    while cell_len(name) > max(room - 1, 0):
        name = name[1:]
    return f"…{name}" if room > 0 else ""


@contextmanager
def ended_by_signals() -> Generator[None]:
    """Let a signal end a command as Ctrl-C does: what it has started ends, and what it has made is removed."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    signals = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    for each in signals:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in signals:
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def told_if_interrupted(output: Output, plan: Path, root: Path | None) -> Generator[None]:
    """Tell who presses Ctrl-C how the tree was left, or how to find out."""
    try:
        yield
    except KeyboardInterrupt as error:
        output.tell("")  # the terminal shows ^C where the line stands
        for note in getattr(error, "__notes__", ()):
            output.tell(note)
        output.tell(f"{next_command('status', plan, root)} tells how far it came")
        raise


def state_text(state: str) -> Text:
    """A state as it is shown."""
    return Text(state, style=STATES[state])


def count_states(states: Iterable[str]) -> Text:
    """How many classes are in each state, none of which is left out."""
    counts: Mapping[str, int] = dict.fromkeys(STATES, 0)
    for state in states:
        counts = {**counts, state: counts[state] + 1}
    total = sum(counts.values())
    text = Text(f"{total} class{'' if total == 1 else 'es'}: ")
    shown = [Text(f"{count} {state}", style=STATES[state]) for state, count in counts.items() if count]
    return text.append(Text(", ").join(shown) if shown else "nothing found")


def one_line(text: str) -> str:
    """A name as it is shown: one that holds a line break could pass for something else that a command says."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def file_count(count: int) -> str:
    """A number of files, in words."""
    return f"{count} file{'' if count == 1 else 's'}"


def near(path: Path) -> Path:
    """A path as it is shown: from the working directory if it is below that."""
    return path.relative_to(here) if path.is_relative_to(here := Path(os.path.realpath("."))) else path


def next_command(verb: str, plan: Path, root: Path | None = None) -> str:
    """A command on the same plan and tree, as it is typed."""
    where = () if root is None else ("--root", str(root))
    return shlex.join(("purveyor", "migrate", verb, str(plan), *where))


def paragraph(output: Output, head: Text, text: str, *, indent: int, style: str = "") -> None:
    """Write a text after its head: in lines of its own width on a terminal, in one line everywhere else.

    Args:
        output: Where.
        head: What stands before it.
        text: The text.
        indent: Where its further lines begin, in characters.
        style: How it looks.
    """
    text = visible(text)
    if output.on_terminal:
        text = textwrap.fill(
            text,
            max(output.stdout.width, indent + _NARROWEST),
            initial_indent=" " * head.cell_len,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )[head.cell_len :]
    output.line(head.copy().append(text, style))


def diff_line(line: str) -> Text:
    """A line of a diff, coloured as everywhere."""
    style = ""
    if line.startswith(("+++", "---")):
        style = "bold"
    elif line.startswith("@@"):
        style = "cyan"
    elif line.startswith("+"):
        style = "green"
    elif line.startswith("-"):
        style = "red"
    return Text(visible(line), style=style)
