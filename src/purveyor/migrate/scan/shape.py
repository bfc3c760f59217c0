"""What can be read off one class by itself: the material on which the classification decides."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from purveyor.migrate.scan.acquisition import Acquisition, acquisition
from purveyor.migrate.scan.ancestry import Descent, descent_of, missing_bases
from purveyor.migrate.scan.construction import config_parameter
from purveyor.migrate.scan.lifecycle import closing_word, left_open, lifecycle_of, members_of, opening_word
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.migrate.scan.lifecycle import Lifecycle, Members
    from purveyor.migrate.source.project import Method

__all__ = ["Shape"]

#: What files, sockets and streams offer; a class that offers nothing else is one of them.
_STREAM = frozenset(
    {
        "abort", "accept", "aiter_bytes", "aread", "awrite", "bind", "can_write_eof", "detach", "drain",
        "extra", "extra_attributes", "feed_data", "feed_eof", "fileno", "flush", "get_extra_info",
        "getpeername", "getsockname", "is_closing", "is_reading", "isatty", "iter_bytes", "listen",
        "makefile", "pause_reading", "peek", "read", "readable", "readall", "readexactly", "readinto",
        "readline", "readlines", "readuntil", "receive", "receive_nowait", "recv", "resume_reading", "seek",
        "seekable", "send", "send_eof", "send_nowait", "sendall", "sendto", "setblocking", "tell", "truncate",
        "unwrap", "wait_closed", "writable", "write", "write_eof", "writelines",
    }
)  # fmt: skip

#: What of these no other class has.
_STREAM_ONLY = frozenset(
    {
        "can_write_eof", "detach", "fileno", "get_extra_info", "getpeername", "getsockname", "isatty",
        "makefile", "readable", "readexactly", "readinto", "readline", "readlines", "readuntil", "seek",
        "seekable", "send_eof", "sendall", "sendto", "setblocking", "start_tls", "tell", "truncate",
        "writable", "write_eof", "writelines",
    }
)  # fmt: skip

#: Sets of methods each of which makes a class something else than what an application starts and closes.
_OTHER_CALLINGS: tuple[tuple[str, frozenset[str]], ...] = (
    ("a protocol's callbacks", frozenset({"connection_made"})),
    ("a protocol's callbacks", frozenset({"connection_lost"})),
    ("a protocol's callbacks", frozenset({"data_received"})),
    ("a protocol's callbacks", frozenset({"datagram_received"})),
    ("a request handler", frozenset({"handle", "finish"})),
    ("a request handler", frozenset({"handle_request"})),
    ("a request handler", frozenset({"handle_async_request"})),
    ("a request handler", frozenset({"do_GET"})),
    ("a request handler", frozenset({"do_POST"})),
    ("a log handler", frozenset({"emit", "flush"})),
    ("a log handler", frozenset({"emit", "setFormatter"})),
    ("a log handler", frozenset({"handle", "prepare"})),
    ("a parser", frozenset({"feed", "close"})),
    ("a server", frozenset({"serve_forever"})),
    ("a server", frozenset({"serve"})),
    ("a server", frozenset({"get_server"})),
    ("a program", frozenset({"main"})),
    ("a task group", frozenset({"start_soon"})),
    ("an event loop", frozenset({"run_forever"})),
    ("an event loop", frozenset({"run_until_complete"})),
    ("an event loop", frozenset({"get_loop"})),
    ("a descriptor", frozenset({"__get__"})),
    ("a descriptor", frozenset({"__set_name__"})),
    ("a thread", frozenset({"is_alive", "join"})),
    ("a thread", frozenset({"run", "join"})),
    ("an executor", frozenset({"submit", "shutdown", "map"})),
    ("a queue", frozenset({"qsize", "task_done"})),
    ("a process", frozenset({"terminate", "kill"})),
    ("a process", frozenset({"terminate", "join"})),
    ("a lock", frozenset({"wait", "notify"})),
    ("a test", frozenset({"setUp", "tearDown"})),
    ("a test", frozenset({"setup_method"})),
    ("a test", frozenset({"setup_class"})),
    ("a span of time", frozenset({"elapsed"})),
    ("a span of time", frozenset({"cancel", "deadline"})),
    ("a span of time", frozenset({"expired", "reschedule"})),
)

#: What makes a class without both ends of a lifecycle something else.
_OTHER_CALLINGS_WITHOUT_ENDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("an iterator", frozenset({"__next__"})),
    ("an iterator", frozenset({"__anext__"})),
    ("an awaitable", frozenset({"__await__"})),
    ("a lock", frozenset({"acquire", "release"})),
    ("a transaction", frozenset({"commit", "rollback"})),
)


#: Parameters of the constructors of what stands in a tree: a widget, a node.
_PARENTS = frozenset({"parent", "master"})


class Shape:
    """What one class is like; found out when it is asked for.

    Args:
        facts: The class.
    """

    def __init__(self, facts: ClassFacts) -> None:
        self.facts = facts
        #: Its methods, its own and those inherited within the tree.
        self.members: Members = members_of(facts)

    @cached_property
    def lifecycle(self) -> Lifecycle | None:
        """How it is opened and closed."""
        return lifecycle_of(self.facts, self.members)

    @cached_property
    def descent(self) -> Descent | None:
        """What it is by its ancestors, if they say."""
        return descent_of(self.facts)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The ancestors of which nothing is known."""
        return missing_bases(self.facts)

    @cached_property
    def config(self) -> str | None:
        """The constructor's parameter for a configuration."""
        return config_parameter(self.facts, self.members)

    @cached_property
    def acquisition(self) -> Acquisition | None:
        """What it gets hold of as it is opened, and whether closing lets it go."""
        return None if self.lifecycle is None else acquisition(self.facts, self.members, self.lifecycle)

    @cached_property
    def operations(self) -> tuple[str, ...]:
        """Its public methods and properties other than the lifecycle's."""
        return tuple(
            name
            for name, (_, method) in self.members.items()
            if not name.startswith("_")
            and method.kind in ("method", "property")
            and not (method.kind == "method" and (opening_word(name) or closing_word(name)))
        )

    @cached_property
    def calling(self) -> str | None:
        """What else it is, by what it offers."""
        return _calling(self)

    @property
    def both_ends(self) -> bool:
        """Whether there are methods for both ends of the lifecycle."""
        return self.lifecycle is not None and bool(self.lifecycle.opens and self.lifecycle.closes)

    @property
    def lifecycle_is_async(self) -> bool:
        """Whether it has one, and an asynchronous one."""
        return self.lifecycle is not None and self.lifecycle.is_async

    @cached_property
    def left_open(self) -> tuple[str, ...]:
        """The parts of its lifecycle, hooks included, that the class itself leaves to those who derive from it."""
        if self.lifecycle is None:
            return ()
        parts = (self.lifecycle.opens, self.lifecycle.closes, *self.lifecycle.hooks)
        own = self.facts.methods
        return tuple(name for name in parts if name is not None and name in own and left_open(own[name]))

    @cached_property
    def abstract(self) -> tuple[str, ...]:
        """The methods that this class declares and leaves to others."""
        return tuple(
            name
            for name, method in self.facts.methods.items()
            if method.is_abstract or method.raises_not_implemented
        )


def _calling(shape: Shape) -> str | None:
    names = shape.members.keys()
    callings = _OTHER_CALLINGS if shape.both_ends else (*_OTHER_CALLINGS, *_OTHER_CALLINGS_WITHOUT_ENDS)
    told = next((calling for calling, methods in callings if methods <= names), None)
    return told or next((calling for calling, holds in _LOOKS if holds(shape)), None)


def _is_iterable(shape: Shape) -> bool:
    """Whether all that it does is to be gone through, and closed."""
    return not (shape.both_ends or shape.operations or {"__iter__", "__aiter__"}.isdisjoint(shape.members))


def _is_test(shape: Shape) -> bool:
    above = [*shape.missing, *(owner.name for owner in shape.facts.mro if isinstance(owner, ClassFacts))]
    return any(name.startswith(("test_", "run_test")) for name in shape.members) or any(
        name.endswith(("TestCase", "RuleBasedStateMachine")) for name in above
    )


def _is_visitor(shape: Shape) -> bool:
    return any(name.startswith("visit_") for name in shape.members)


def _is_stream(shape: Shape) -> bool:
    offered = set(shape.operations)
    if offered & _STREAM_ONLY and len(offered & (_STREAM | _STREAM_ONLY)) >= 2:
        return True
    if shape.config is not None or not offered <= _STREAM:
        return False
    if any(len(shape.members[name][1].required) > 1 for name in offered):
        return False  # `write(key, value)`: it has many things in it
    return len(offered) >= (2 if shape.both_ends else 1)


def _is_web_application(shape: Shape) -> bool:
    if "__call__" not in shape.members:
        return False
    given = shape.members["__call__"][1].parameters
    return given[:2] in (("scope", "receive"), ("environ", "start_response"))


def _stands_in_a_tree(shape: Shape) -> bool:
    return any(
        isinstance(owner, ClassFacts)
        and "__init__" in owner.methods
        and not _PARENTS.isdisjoint(owner.methods["__init__"].parameters)
        for owner in shape.facts.mro
    )


def _is_runner(shape: Shape) -> bool:
    """Whether it blocks who runs it, and starts and ends within that."""
    if "run" not in shape.members or shape.lifecycle is None:
        return False
    run = shape.members["run"][1]
    return not run.required and not run.is_async and not shape.lifecycle.is_async


def _is_mixin(shape: Shape) -> bool:
    """Whether a class only adds to a lifecycle that must come from a class beside it."""
    if shape.lifecycle is None or shape.missing or "__init__" in shape.members:
        return False
    parts = [name for name in (shape.lifecycle.opens, shape.lifecycle.closes) if name is not None]
    return bool(parts) and all(
        _calls_super(shape.members[name][1]) and not _defined_further_up(shape, name) for name in parts
    )


def _defined_further_up(shape: Shape, name: str) -> bool:
    owner = shape.members[name][0]
    return any(
        isinstance(other, ClassFacts) and other is not owner and name in other.methods for other in shape.facts.mro
    )


def _calls_super(method: Method) -> bool:
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=called)):
                if called == method.node.name:
                    return True
            case _:
                pass
    return False


#: What else a class may be, by what it looks like; the first that holds is told.
_LOOKS: tuple[tuple[str, Callable[[Shape], bool]], ...] = (
    ("an iterable", _is_iterable),
    ("a test", _is_test),
    ("a visitor", _is_visitor),
    ("a stream", _is_stream),
    ("a web application", _is_web_application),
    ("a node", _stands_in_a_tree),
    ("a runner", _is_runner),
    ("a mixin", _is_mixin),
)
