"""Imports are tried in processes of their own, which leave nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from purveyor.migrate.scan.importing import ImportFailure, check_imports, signal_name
from purveyor.migrate.source.project import read_project
from tests.migrate.scan.samples import write


def check(root: Path, files: dict[str, str], *, timeout: float = 60.0) -> dict[str, ImportFailure]:
    project = read_project(write(root, files))
    return {file.path: failure for file, failure in check_imports(root, project.files, timeout=timeout).items()}


def test_errors_are_captured_with_their_line(tmp_path: Path) -> None:
    files = {
        "fine.py": "import os\nprint('hello')\n",
        "missing.py": "\n\nimport no_such_package\n",
        "through.py": "import missing\n",
        "type_error.py": "x = 1\nlen(\n    x)\n",
        "bare.py": "raise ValueError\n",
        "leaves.py": "import sys\nsys.exit(3)\n",
        "interrupted.py": "raise KeyboardInterrupt\n",
        "syntax.py": "import later\n",
        "later.py": "return\n",
        "unparsable.py": "x = = 1\n",
    }
    assert check(tmp_path, files) == {
        "bare.py": ImportFailure("ValueError", 1),
        "interrupted.py": ImportFailure("KeyboardInterrupt", 1),
        "later.py": ImportFailure("SyntaxError: 'return' outside function (later.py, line 1)", 1),
        "leaves.py": ImportFailure("SystemExit: 3", 2),
        "missing.py": ImportFailure("ModuleNotFoundError: No module named 'no_such_package'", 3),
        "syntax.py": ImportFailure("SyntaxError: 'return' outside function (later.py, line 1)", 1),
        "through.py": ImportFailure("ModuleNotFoundError: No module named 'no_such_package'", 1),
        "type_error.py": ImportFailure("TypeError: object of type 'int' has no len()", 2),
    }


def test_a_process_that_ends_or_hangs_is_told_and_killed(tmp_path: Path) -> None:
    files = {
        "ends.py": "import os\nos._exit(7)\n",
        "dies.py": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    }
    assert check(tmp_path, files) == {
        "dies.py": ImportFailure("killed by SIGKILL while it was imported"),
        "ends.py": ImportFailure("ended the process with 7 while it was imported"),
    }
    pid = tmp_path / "pid"
    hang = f"import os, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    assert check(tmp_path / "hang", {"hangs.py": hang}, timeout=1.5) == {
        "hangs.py": ImportFailure("not imported within 1.5 s")
    }
    if pid.exists():  # it had come as far as that
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)


def test_what_a_module_starts_does_not_outlive_it(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    text = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; f = open({str(fifo)!r}, \"w\"); time.sleep(600)'])\n"
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
    )
    os.close(reading)
    os.close(writing)
    ear = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert check(tmp_path / "tree", {"starts.py": text}) == {}
        assert os.read(ear, 1) == b""  # nobody holds the other end
    finally:
        os.close(ear)


def test_nothing_is_left_in_the_tree_or_where_the_scan_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    tree = tmp_path / "tree"
    files = {
        "writes.py": "open('left-behind', 'w').close()\nimport pkg.part\n",
        "pkg/__init__.py": "",
        "pkg/part.py": "",
        "asks.py": "import sys\nassert sys.stdin.read() == ''\nassert sys.argv[1:] == []\n",
    }
    assert check(tree, files) == {}
    assert list(here.iterdir()) == []
    assert sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()) == sorted(files)


def test_modules_are_imported_by_the_name_that_they_have(tmp_path: Path) -> None:
    assert check(tmp_path / "flat", {"a/b.py": "from a import c\nfrom . import c\n", "a/c.py": ""}) == {}
    source = {
        "src/lib/__init__.py": "",
        "src/lib/a.py": "import lib.b\nassert __name__ == 'lib.a'\n",
        "src/lib/b.py": "",
    }
    assert check(tmp_path / "source", {**source, "tool.py": "import lib.a\n"}) == {}
    assert (
        check(tmp_path / "outer" / "package", {"__init__.py": "", "x.py": "from package import y\n", "y.py": ""})
        == {}
    )
    src = {"src/__init__.py": "", "src/a.py": "import src.b\n", "src/b.py": ""}
    assert check(tmp_path / "package-called-src", src) == {}


def test_one_file(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": "import sibling\n", "sibling.py": ""})
    project = read_project(tmp_path / "one.py")
    assert check_imports(tmp_path / "one.py", project.files) == {}


def test_an_interrupt_ends_the_check(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, {f"m{number}.py": "" for number in range(4)}))

    def interrupt(done: int, total: int, path: str) -> None:
        assert (done, total, path) == (1, 4, "m0.py")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_imports(tmp_path, project.files, progress=interrupt)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_what_escapes_its_group_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    text = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "    os._exit(0)\n"
        f"while not os.path.exists({str(pid)!r}) or not open({str(pid)!r}).read(): pass\n"
    )
    try:
        assert check(tmp_path / "tree", {"forks.py": text}) == {}
    finally:
        os.kill(int(pid.read_text()), 9)


@pytest.mark.skipif(sys.platform == "win32", reason="processes that fork")
def test_who_a_module_forks_tells_nothing(tmp_path: Path) -> None:
    waits = "import os\nchild = os.fork()\nif child:\n    os.waitpid(child, 0)\n"  # the child is done first
    fails = "import os\nchild = os.fork()\nif not child:\n    raise ValueError\nos.waitpid(child, 0)\n"
    assert check(tmp_path, {"waits.py": waits, "fails.py": fails}) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="real-time signals")
def test_a_signal_without_a_name_is_told_by_its_number(tmp_path: Path) -> None:
    text = "import os\nos.kill(os.getpid(), 35)\n"
    assert check(tmp_path, {"dies.py": text}) == {
        "dies.py": ImportFailure("killed by SIG35 while it was imported")
    }
    assert signal_name(9) == "SIGKILL"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes that are inherited")
@pytest.mark.parametrize("written", ["b'x'", "b'[' * 100_000", "b'{}'", "b'5'"])
def test_a_module_that_writes_over_the_answer_ends_no_scan(tmp_path: Path, written: str) -> None:
    text = (
        "import os\n"
        "for number in range(3, 100):\n"
        "    try:\n"
        "        os.set_blocking(number, False)\n"
        f"        os.write(number, {written})\n"
        "    except OSError:\n"
        "        pass\n"
        "os._exit(0)\n"
    )
    assert check(tmp_path, {"writes.py": text, "fine.py": ""}) == {
        "writes.py": ImportFailure("how it went was written over while it was imported")
    }


def test_what_an_error_says_can_be_written_down(tmp_path: Path) -> None:
    failures = check(tmp_path, {"odd.py": "raise ValueError('a\\udce9b')\n"})
    assert failures == {"odd.py": ImportFailure("ValueError: a\\udce9b", 1)}
