"""How a running `purveyor up` is found: its record, the folder of records, and what is wrong with either."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from purveyor.cli.runtime import Record, announced, ask, find, identity
from purveyor.errors import ConfigError, NotRunningError, RemoteError, RuntimeFolderError

SOURCE = Path("/etc/app/purveyor.toml")


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / "purveyor"


def record(url: str = "http://127.0.0.1:1", pid: int | None = None) -> Record:
    return Record(url, os.getpid() if pid is None else pid, "marker-token")


def gone() -> int:
    """The number of a process that is over."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


class TestRecord:
    def test_it_is_there_for_the_length_of_the_block(self, runtime: Path) -> None:
        with announced(SOURCE, record()) as before:
            assert before is None
            assert find(SOURCE) == record()
            (file,) = runtime.iterdir()
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
            assert "app" not in file.name
        assert list(runtime.iterdir()) == []
        with pytest.raises(NotRunningError, match="/etc/app/purveyor.toml: no `purveyor up` runs it; start it"):
            find(SOURCE)

    def test_each_configuration_has_its_own(self) -> None:
        other = Path("/etc/other/purveyor.toml")
        with announced(SOURCE, record("http://127.0.0.1:1")), announced(other, record("http://127.0.0.1:2")):
            assert find(SOURCE).url == "http://127.0.0.1:1"
            assert find(other).url == "http://127.0.0.1:2"

    def test_the_token_is_in_no_text(self) -> None:
        assert "marker" not in repr(record())

    def test_the_last_one_is_found_and_the_first_leaves_it_alone(self) -> None:
        with announced(SOURCE, record("http://127.0.0.1:1")):
            second = announced(SOURCE, record("http://127.0.0.1:2"))
            assert second.__enter__() == os.getpid()
            assert find(SOURCE).url == "http://127.0.0.1:2"
        assert find(SOURCE).url == "http://127.0.0.1:2"
        second.__exit__(None, None, None)
        with pytest.raises(NotRunningError):
            find(SOURCE)

    def test_when_the_last_one_ends_those_before_are_found_again(self) -> None:
        first, second, third = (announced(SOURCE, record(f"http://127.0.0.1:{port}")) for port in (1, 2, 3))
        for each in (first, second, third):
            each.__enter__()
        second.__exit__(None, None, None)
        assert find(SOURCE).url == "http://127.0.0.1:3"
        third.__exit__(None, None, None)
        assert find(SOURCE).url == "http://127.0.0.1:1"
        first.__exit__(None, None, None)
        with pytest.raises(NotRunningError):
            find(SOURCE)

    def test_when_the_last_one_is_killed_the_one_before_is_found(self) -> None:
        with announced(SOURCE, record()), announced(SOURCE, record("http://127.0.0.1:2", pid=gone())):
            assert find(SOURCE) == record()

    def test_a_folder_that_is_gone_at_the_end_does_no_harm(self, runtime: Path) -> None:
        with announced(SOURCE, record()):
            shutil.rmtree(runtime)

    def test_one_whose_process_is_gone_is_stale(self) -> None:
        pid = gone()
        with announced(SOURCE, record(pid=pid)):
            with pytest.raises(NotRunningError, match=f"process {pid} ended without cleaning up"):
                find(SOURCE)
            with announced(SOURCE, record()) as before:
                assert before is None

    def test_a_process_that_runs_as_somebody_else_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "kill", refuse)
        with announced(SOURCE, record()):
            assert find(SOURCE) == record()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "1",
            '{"url": 1, "pid": 1, "token": "x"}',
            '{"url": "x", "pid": 1}',
            "\xff",
            '{"url": "x", "pid": 1, "token": "x", "earlier": [1]}',
        ],
    )
    def test_one_that_cannot_be_understood_is_none(self, runtime: Path, text: str) -> None:
        with announced(SOURCE, record()):
            (file,) = runtime.iterdir()
            file.write_text(text, encoding="latin-1")
            with pytest.raises(NotRunningError):
                find(SOURCE)
        assert file.exists(), "it is somebody else's"

    @pytest.mark.parametrize("pid", [2**70, 0, -1])
    def test_a_number_that_is_no_process(self, pid: int) -> None:
        with announced(SOURCE, record(pid=pid)), pytest.raises(NotRunningError):
            find(SOURCE)

    @pytest.mark.parametrize(
        "url",
        [
            "http://[::1",
            "http://x:port",
            "http://x:99999",
            "nonsense",
            "",
            f"http://{'x' * 70}.y:1",
            "http://a\0b:1",
        ],
    )
    def test_a_url_that_is_none(self, url: str) -> None:
        with announced(SOURCE, record(url)), pytest.raises(NotRunningError):
            ask(SOURCE, "GET", "/control/plan")

    def test_what_cannot_be_written_leaves_nothing(self, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError("full")

        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="full"), announced(SOURCE, record()):
            pytest.fail("it was written")
        assert list(runtime.iterdir()) == []


class TestIdentity:
    def test_a_file_is_the_same_by_every_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("purveyor.toml", "./purveyor.toml", "x/../purveyor.toml", str(tmp_path / "purveyor.toml")):
            assert identity(Path(name)) == tmp_path / "purveyor.toml"

    def test_the_embedded_configuration_is_the_one_of_its_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert identity(None) == tmp_path

    def test_links_are_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "1").mkdir()
        (tmp_path / "current").symlink_to("1")
        assert identity(tmp_path / "current" / "purveyor.toml") == tmp_path / "current" / "purveyor.toml"


class TestFolder:
    @pytest.mark.parametrize("value", ["", "relative", "/does/not/exist"])
    def test_without_a_runtime_folder_it_is_a_temporary_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", value)
        with announced(SOURCE, record()):
            (file,) = (tmp_path / f"purveyor-{os.getuid()}").iterdir()
            assert find(SOURCE) == record()
        assert not file.exists()

    def test_a_runtime_folder_of_somebody_else_is_not_used(
        self, tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As after `sudo`, which keeps the variable."""
        monkeypatch.setattr(os, "getuid", lambda: 12345)
        with pytest.raises(RuntimeFolderError, match="belongs to another user"), announced(SOURCE, record()):
            pytest.fail("it was written")
        assert not runtime.exists()
        with pytest.raises(RuntimeFolderError, match="belongs to another user"):
            find(SOURCE)

    def test_both_are_looked_into(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A service has no runtime folder, and whoever asks it has one."""
        with monkeypatch.context() as patch:
            patch.delenv("XDG_RUNTIME_DIR")
            announcement = announced(SOURCE, record())
            announcement.__enter__()
        assert find(SOURCE) == record()
        announcement.__exit__(None, None, None)

    @pytest.mark.parametrize(
        ("spoil", "problem"),
        [
            (lambda folder: folder.chmod(0o755), r"is open to others \(mode 755\)"),
            (
                lambda folder: (folder.rename(folder.with_name("x")), folder.symlink_to("x")),
                "is a link or no folder",
            ),
        ],
    )
    def test_one_that_others_can_enter_is_refused(self, runtime: Path, spoil: Any, problem: str) -> None:
        with announced(SOURCE, record()):
            spoil(runtime)
            with pytest.raises(RuntimeFolderError, match=problem) as refused:
                find(SOURCE)
            with pytest.raises(RuntimeFolderError), announced(SOURCE, record()):
                pytest.fail("it was written")
        assert refused.value.where == str(runtime)
        assert "XDG_RUNTIME_DIR" in str(refused.value.hint)

    def test_a_file_in_its_place_is_refused(self, runtime: Path) -> None:
        runtime.write_text("")
        with pytest.raises(RuntimeFolderError, match="is a link or no folder"), announced(SOURCE, record()):
            pytest.fail("it was written")
        with pytest.raises(NotRunningError):
            find(SOURCE)

    def test_one_of_two_that_is_refused_does_not_hide_that_nothing_runs(
        self, runtime: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / f"purveyor-{os.getuid()}"
        other.mkdir(mode=0o755)
        with pytest.raises(RuntimeFolderError, match="is open to others"):
            find(SOURCE)
        with announced(SOURCE, record()):
            assert find(SOURCE) == record()
        with pytest.raises(NotRunningError):
            find(SOURCE)

    def test_a_runtime_folder_that_others_may_write_to_is_not_used(self, runtime: Path, tmp_path: Path) -> None:
        tmp_path.chmod(0o777)
        with announced(SOURCE, record()):
            assert find(SOURCE) == record()
            assert not runtime.exists()
            assert (tmp_path / f"purveyor-{os.getuid()}").exists()


class Handler(BaseHTTPRequestHandler):
    answer: ClassVar[tuple[int, bytes] | None] = None
    seen: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.seen.append((self.command, self.path, self.headers["authorization"], body))
        if self.answer is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, content = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "seen", [])
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def answer(status: int, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Handler, "answer", (status, value if isinstance(value, bytes) else json.dumps(value).encode())
    )


class TestAsk:
    def test_an_answer(self, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", "http://192.0.2.1:1")
        answer(200, {"version": 1, "data": {"x": 1}}, monkeypatch)
        with announced(SOURCE, record(server)):
            assert ask(SOURCE, "GET", "/control/plan") == {"x": 1}
            assert ask(SOURCE, "POST", "/control/reload", {"name": "a"}) == {"x": 1}
        assert Handler.seen == [
            ("GET", "/control/plan", "Bearer marker-token", b""),
            ("POST", "/control/reload", "Bearer marker-token", b'{"name": "a"}'),
        ]

    def test_an_error(self, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        error = {"type": "KeyError", "what": "is wrong", "where": "there", "hint": "put it right"}
        answer(500, {"version": 1, "error": error}, monkeypatch)
        with announced(SOURCE, record(server)), pytest.raises(RemoteError) as caught:
            ask(SOURCE, "GET", "/")
        assert str(caught.value) == "there: is wrong; put it right"
        assert caught.value.kind == "KeyError"

    def test_a_configuration_that_is_not_valid(
        self, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        source = tmp_path / "conf" / "purveyor.toml"
        problem = {"key": "a", "problem": "is wrong", "advice": None, "line": 3, "column": 1}
        problems = [{**problem, "file": "purveyor.toml"}, {**problem, "file": None}]
        error = {"type": "ConfigError", "what": "x", "where": None, "hint": None, "problems": problems}
        answer(422, {"version": 1, "error": error}, monkeypatch)
        for place, told in ((source, "conf/purveyor.toml"), (SOURCE, str(SOURCE))):
            with announced(place, record(server)), pytest.raises(ConfigError) as caught:
                ask(place, "GET", "/")
            assert str(caught.value.problems[0]) == f"{told}:3:1 a: is wrong"
            assert str(caught.value.problems[1]) == "a: is wrong"

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with announced(SOURCE, record(f"http://127.0.0.1:{port}")), pytest.raises(NotRunningError) as caught:
            ask(SOURCE, "GET", "/")
        assert f"process {os.getpid()} does not listen at http://127.0.0.1:{port}: Connection refused" in str(
            caught.value
        )

    def test_somebody_else_listens(self, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        answer(401, {"version": 1, "error": {}}, monkeypatch)
        with announced(SOURCE, record(server)), pytest.raises(NotRunningError, match="another process listens"):
            ask(SOURCE, "GET", "/")

    @pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"error": 1}', b'{"error": {}}', b"\xff"])
    def test_no_proper_answer(self, server: str, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
        if content is not None:
            answer(200, content, monkeypatch)
        with announced(SOURCE, record(server)), pytest.raises(RemoteError, match="did not answer, or not as"):
            ask(SOURCE, "GET", "/")
