"""Work in coroutines that blocks the event loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from purveyor.migrate.scan.faults.body import self_attribute
from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source.names import source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.faults.body import Call
    from purveyor.migrate.scan.faults.survey import Survey
    from purveyor.migrate.source import ClassFacts

__all__ = ["blocking_faults"]

_HTTP = ("get", "options", "head", "post", "put", "patch", "delete", "request")

#: What to do instead, by what blocks; everything else goes to a thread.
_INSTEAD = {
    "time.sleep": "Await asyncio.sleep() instead.",
    "subprocess": "Use asyncio.create_subprocess_exec(), or await asyncio.to_thread(...).",
    "os.system": "Use asyncio.create_subprocess_shell(), or await asyncio.to_thread(...).",
    "requests": "Use an async client, or await asyncio.to_thread(...).",
    "httpx": "Use httpx.AsyncClient.",
    # A connection may be used by the thread alone that opened it.
    "sqlite3": "Keep it on one thread (a ThreadPoolExecutor with one worker), or use aiosqlite.",
}

_BLOCKING = frozenset(
    {
        "time.sleep",
        "open",
        "io.open",
        "codecs.open",
        "gzip.open",
        "bz2.open",
        "lzma.open",
        "input",
        "os.system",
        "os.popen",
        "shutil.copy",
        "shutil.copy2",
        "shutil.copyfile",
        "shutil.copytree",
        "shutil.move",
        "shutil.rmtree",
        "shutil.make_archive",
        "shutil.unpack_archive",
        "socket.create_connection",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "smtplib.SMTP",
        "smtplib.SMTP_SSL",
        "ftplib.FTP",
        "sqlite3.connect",
        "psycopg2.connect",
        "urllib.request.urlopen",
        "urllib.request.urlretrieve",
        *(
            f"subprocess.{name}"
            for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
        ),
        *(f"requests.{name}" for name in _HTTP),
        *(f"httpx.{name}" for name in (*_HTTP, "stream")),
    }
)

#: Methods that block, of what these make; looked for where it is made and used, or kept on self.
_METHODS = {
    "requests.Session": frozenset(_HTTP),
    "requests.session": frozenset(_HTTP),
    "httpx.Client": frozenset(_HTTP),
    "sqlite3.connect": frozenset({"execute", "executemany", "executescript", "commit", "rollback"}),
    "pathlib.Path": frozenset({"open", "read_text", "read_bytes", "write_text", "write_bytes"}),
}

_MADE = {"requests.session": "requests.Session", "sqlite3.connect": "sqlite3.Connection"}

#: Methods that only a `pathlib.Path` has, and what mimics it.
_OF_PATHS = frozenset({"read_text", "read_bytes", "write_text", "write_bytes"})
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in _BLOCKING)
_LAST_METHODS = frozenset(name for names in _METHODS.values() for name in names)


def blocking_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find calls in async methods that block.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    for call in survey.body(facts).calls:
        if not call.context.is_async or call.execution == "await":
            continue
        blocking = _blocking(survey, facts, call)
        if blocking is not None:
            instead = next(
                (text for name, text in _INSTEAD.items() if blocking == name or blocking.startswith(f"{name}.")),
                "Await asyncio.to_thread(...) around it.",
            )
            yield Fault(
                call.node.lineno,
                "sync-in-async",
                f"`{blocking}` blocks the event loop while this coroutine runs. {instead}",
            )


def _blocking(survey: Survey, facts: ClassFacts, call: Call) -> str | None:
    function = call.node.func
    last = function.attr if isinstance(function, ast.Attribute) else None
    if last is not None and last not in _LAST_NAMES and last not in _LAST_METHODS:
        return None
    qualified = survey.qualified(facts, function, call.context)
    if qualified in _BLOCKING:
        return qualified
    if isinstance(function, ast.Attribute) and function.attr in _LAST_METHODS:
        maker = _maker(survey, facts, function.value, call)
        if maker is not None and last in _METHODS[maker]:
            return f"{_MADE.get(maker, maker)}.{last}"
        if last in _OF_PATHS and _looks_like_path(function.value):
            return f"Path.{last}"
    return None


def _maker(survey: Survey, facts: ClassFacts, node: ast.expr, call: Call) -> str | None:
    """What made the object that a method is called on: directly, through a local name, or kept on self."""
    made: list[ast.expr | None] = [node]
    context = call.context
    if isinstance(node, ast.Name):
        made = [context.scope.value(node.id)]
    else:
        name = self_attribute(node, context)
        if name is not None:
            stores = [
                each for other in survey.known(facts) for each in survey.body(other).stores if each.name == name
            ]
            made = [
                each.value
                for each in stores
                if not (isinstance(each.value, ast.Constant) and each.value.value is None)
            ]
            context = stores[-1].context if stores else context
    makers = {
        survey.qualified(facts, value.func, context) if isinstance(value, ast.Call) else None for value in made
    }
    maker = makers.pop() if len(makers) == 1 else None
    return maker if maker in _METHODS else None


def _looks_like_path(node: ast.expr) -> bool:
    text = source_of(node).lower()
    return any(word in text for word in ("path", "file", "dir", "root", "folder"))
