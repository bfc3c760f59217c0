"""Finding, reading and parsing: files that are not there, are not text, or are not TOML."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.config import ConfigSource, SystemConfig, find_config
from purveyor.errors import ConfigError

Problems = Callable[..., list[str]]

UNCLOSED = "a string that begins on this line is not closed"


def problem_of(file: Path | str) -> str:
    with pytest.raises(ConfigError) as caught:
        ConfigSource.read(file)
    (problem,) = caught.value.problems
    return str(problem)


class TestUnreadable:
    def test_missing(self) -> None:
        assert problem_of("gone.toml") == "gone.toml: there is no such file; `purveyor init` writes one"

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        assert problem_of("folder") == "folder: is a folder; name the file in it: folder/purveyor.toml"

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert problem_of("pipe") == "pipe: cannot be read: it is no regular file"
        (tmp_path / "link").symlink_to("pipe")
        assert problem_of("link") == "link: cannot be read: it is no regular file"
        assert problem_of("/dev/zero") == "/dev/zero: cannot be read: it is no regular file"

    def test_a_link_to_a_file_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("version = 1")
        (tmp_path / "link").symlink_to("file")
        assert ConfigSource.read("link").tree == {"version": 1}

    def test_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert problem_of("file/purveyor.toml") == "file/purveyor.toml: cannot be read: Not a directory"

    def test_a_path_that_is_none(self) -> None:
        # Python 3.13 says "open: embedded null character in path"
        assert re.fullmatch("a\0b: cannot be read: .*embedded null .*", problem_of("a\0b"))

    def test_not_utf_8(self, tmp_path: Path) -> None:
        (tmp_path / "p.toml").write_bytes("version = 1\n# é".encode() + b"\xff = 1")
        assert problem_of("p.toml") == "p.toml:2:4: is not UTF-8: invalid start byte (byte 0xff); save it as UTF-8"

    def test_no_permission(self, tmp_path: Path) -> None:
        file = tmp_path / "purveyor.toml"
        file.write_text("")
        file.chmod(0)
        # To root nothing is forbidden, so another process reads it as nobody, from the folder it is in already.
        code = "import os; from tests.config.test_source import problem_of; os.getuid() or os.setuid(65534);"
        done = subprocess.run(
            [sys.executable, "-c", f"{code} print(problem_of('purveyor.toml'))"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "purveyor.toml: cannot be read: Permission denied\n", done.stderr

    def test_a_file_elsewhere_is_named_in_full(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "work").mkdir()
        monkeypatch.chdir(tmp_path / "work")
        assert problem_of(tmp_path / "gone.toml").startswith(f"{tmp_path}/gone.toml: there is no")


class TestNotToml:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "[providers.notes",
                "1:17: is not valid TOML: Expected ']' at the end of a table declaration at the end of the file",
            ),
            ('a = 1\nb = "half', f"2:1: {UNCLOSED}"),
            ('b = "half', f"1:1: {UNCLOSED}"),
            ('a = 1 # \u2028\r\nb = """half\r\n', f"2:1: {UNCLOSED}"),
            ('b = "half\na = 1\n', f"1:10: {UNCLOSED}"),
            ("a = 1\nb = 'half\nc = 2\n", f"2:1: {UNCLOSED}"),
            ("b = 'half\nc = 'd'\n", f"1:10: {UNCLOSED}"),
            ('a = 1\nb = """half\nc = 1\nd = 2', f"2:1: {UNCLOSED}"),
            ("b = '''half\nc = 1", f"1:1: {UNCLOSED}"),
            ("a = 1\na = 2\n", "2:6: the key is there twice"),
            ("a = 1\na.b = 2", "2:8: the key is there twice at the end of the file"),
            ("[a]\n[b]\n[a]\n", "3:3: [a] is declared twice"),
            ('[a."b c"]\n[a."b c"]\n', '2:9: [a."b c"] is declared twice'),
            ("a = \n", "1:5: is not valid TOML: Invalid value"),
            ("a == 1", "1:4: is not valid TOML: Invalid value"),
            ("= 1", "1:1: is not valid TOML: Invalid statement"),
            ("a = memory.sqlite\n", "1:5: is not valid TOML: Invalid value; strings stand in quotes"),
            ("b = 1\r\na = ~/x", "2:5: is not valid TOML: Invalid value; strings stand in quotes"),
            ("a = ", "1:5: is not valid TOML: Invalid value at the end of the file"),
            ("a = 1\x00", "1:6: is not valid TOML: Expected newline or end of document after a statement"),
            ("a = " + "[" * 5000, ": is nested too deeply"),
            (
                "a = " + "9" * 5000,
                ": is not valid TOML: Exceeds the limit (4300 digits) for integer string conversion",
            ),
        ],
    )
    def test_the_place_is_told(self, tmp_path: Path, text: str, expected: str) -> None:
        (tmp_path / "p.toml").write_bytes(text.encode())
        assert problem_of("p.toml").startswith(("p.toml:" if expected[0].isdigit() else "p.toml") + expected)

    @pytest.mark.parametrize("text", ["a = \n", "a == 1", "a = %"])
    def test_only_what_looks_like_a_string_is_one_without_quotes(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "p.toml").write_text(text)
        assert "quotes" not in problem_of("p.toml")

    def test_a_byte_order_mark_is_no_error(self, load: Callable[..., SystemConfig]) -> None:
        assert load('\ufeff[providers.a]\ndriver = "@NoConfig"').origin("providers", "a") == "purveyor.toml:1:2"


class TestFinding:
    def test_the_explicit_path_comes_first(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "purveyor.toml").write_text("")
        monkeypatch.setenv("PURVEYOR_CONFIG", "from-env.toml")
        assert find_config("given.toml") == Path("given.toml")

    def test_then_the_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "purveyor.toml").write_text("")
        monkeypatch.setenv("PURVEYOR_CONFIG", "from-env.toml")
        assert find_config() == Path("from-env.toml")
        monkeypatch.setenv("PURVEYOR_CONFIG", "")
        assert find_config() == tmp_path / "purveyor.toml"

    def test_then_the_nearest_folder_above(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        deep = tmp_path / "a" / "b"
        deep.mkdir(parents=True)
        (deep / "purveyor.toml").mkdir()  # a folder of this name is none
        (tmp_path / "purveyor.toml").write_text("")
        monkeypatch.chdir(deep)
        assert find_config() == tmp_path / "purveyor.toml"
        (tmp_path / "a" / "purveyor.toml").write_text("")
        assert find_config() == tmp_path / "a" / "purveyor.toml"

    def test_else_nothing(self, tmp_path: Path) -> None:
        assert find_config() is None
