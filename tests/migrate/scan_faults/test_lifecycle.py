"""Abstract methods, constructors and lifecycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.migrate.scan_faults.marked import check

if TYPE_CHECKING:
    from pathlib import Path

ABSTRACT = {
    "on a plain root": """
        from abc import abstractmethod
        class Root:
            @abstractmethod
            def send(self): ...
            @abstractmethod
            def flush(self): ...
        class Mail(Root):  # ! unimplemented-abstract
            def send(self): ...
        class Whole(Mail):
            flush = Mail.send
        class Post(Root):  # ! unimplemented-abstract
            def send(self): ...
        class Parcel(Post): ...  # ! unimplemented-abstract
        """,
    "left to others": """
        from abc import ABC, abstractmethod
        import elsewhere
        class Root(ABC):
            @abstractmethod
            def send(self): ...
        class Half(Root):
            def other(self): ...
        class Whole(Half):
            def send(self): ...
        class BaseMail(Root): ...
        class MailMixin(Root): ...
        class More(Root):
            @abstractmethod
            def more(self): ...
        class Outside(elsewhere.Mixin, Root): ...
        class Dynamic(Root):
            def __getattr__(self, name): ...
        @elsewhere.completes
        class Decorated(Root): ...
        class Annotated(Root):
            for send in "x": pass
        """,
}


@pytest.mark.parametrize("name", ABSTRACT)
def test_abstract_methods(tmp_path: Path, name: str) -> None:
    text = ABSTRACT[name]
    if name == "on a plain root":
        text = text.replace("class Mail(Root):  # ! unimplemented-abstract", "class Mail(Root):")
    check(tmp_path, text, kind="data")


def test_whether_it_is_enforced(tmp_path: Path) -> None:
    text = """
        from abc import ABC, abstractmethod
        class Plain:
            @abstractmethod
            def send(self): ...
        class Strict(ABC):
            @abstractmethod
            def send(self): ...
        class A(Plain): ...  # ! unimplemented-abstract
        class B(Strict): ...  # ! unimplemented-abstract
        """
    text += "from other import Root\nclass C(Root): ...  # ! unimplemented-abstract\n".replace("\n", "\n        ")
    other = "from abc import abstractmethod\nclass Root:\n    @abstractmethod\n    def send(self): ...\n"
    plain, strict, elsewhere = check(tmp_path, text, kind="data", files={"other.py": other})
    assert "a new base that is one, such as Purveyor's, begins to" in plain
    assert "(Plain, line 5)" in plain
    assert "The class cannot be instantiated" in strict
    assert "(Root, other.py:4)" in elsewhere


def test_lifecycles(tmp_path: Path) -> None:
    text = """
        import asyncio, elsewhere
        from typing import Awaitable
        class Notes:
            def __init__(self, config): ...
            async def initialize(self, owner, *, at): ...  # ! lifecycle-arguments
            async def cleanup(self, *rest, now=None, **more): ...
        class Derived(Notes):  # ! lifecycle-arguments
            async def cleanup(self): ...
        class Disk:
            def __init__(self, config): ...
            def setup(self): ...  # ! sync-lifecycle
            async def teardown(self): ...
        class Promises:
            def __init__(self, config): ...
            def start(self) -> Awaitable[None]: return self._start()
            def stop(self): return asyncio.gather(self.start())
            async def _start(self): ...
        class Decorated:
            def __init__(self, config): ...
            @elsewhere.coroutine
            def start(self):
                yield
            @elsewhere.async_wrapped
            def stop(self): ...
        """
    messages = check(tmp_path, text)
    assert "`initialize` needs `owner`, `at`, but Purveyor calls it without arguments." in messages[0]
    assert "`initialize` of `Notes` (app.py:6) needs" in messages[1]


def test_a_class_without_a_lifecycle(tmp_path: Path) -> None:
    check(tmp_path, "class Plain:\n    def value(self, x): return x\n")
    check(
        tmp_path,
        "import x\nclass Derived(x.Base):\n    async def aclose(self): ...\n    async def start(self): ...\n",
    )


CONSTRUCTORS = {
    "not called": """
        class Root:
            def __init__(self):
                self.deep = 1
        class Base(Root):
            def __init__(self, name="x"):
                super().__init__()
                self.name = name
                self._ready = False
                self._unused = 1
                (lambda: setattr(self, "later", self._unused))
            def use(self):
                return self._ready
        class Feed(Base):
            def __init__(self):  # ! super-not-called
                self.config = {}
        """,
    "called or not needed": """
        class Base:
            def __init__(self, name="x"):
                self.name = name
                self._ready = False
                self._internal = 1
                self._level = 0
                self.defaulted = 1
            def use(self):
                return self._internal
            def idle(self):
                self._internal = self._internal + 1
        class A(Base):
            def __init__(self):
                super().__init__()
        class B(Base):
            def __init__(self):
                Base.__init__(self, "b")
        class C(Base):
            defaulted = 3
            def __init__(self):
                self._prepare()
                self.level = 1
            def _prepare(self):
                self.name = "c"
                self._again()
            def _again(self):
                self._prepare()
            @property
            def level(self): return self._level
            @level.setter
            def level(self, value): self._level = value
            def use(self): ...
            def idle(self): ...
        class D(Base):
            def other(self): ...
        class E(Base):
            def __init__(self, values):
                self.__dict__.update(values)
        class F(Base):
            def __init__(self): ...
            def __getattr__(self, name): ...
        class Bare:
            def other(self): ...
        class G(Bare):
            def __init__(self):
                self.x = 1
        """,
}


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_constructors(tmp_path: Path, name: str) -> None:
    messages = check(tmp_path, CONSTRUCTORS[name])
    for message in messages:
        assert "`self.name`, `self._ready`, `self.deep`, assigned by `Base.__init__` (app.py:8)" in message
