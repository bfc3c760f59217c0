"""Attributes that hide a method, that cannot be assigned, that nothing defines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.migrate.scan_faults.marked import check

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = {
    "values under the names of methods": """
        class Meter:
            def __init__(self, kind: str, size: 'x', many: list[int], maybe: Optional[str], other: int | None, plain=3, **rest):
                self.reading = 0  # ! shadowed-method
                self.unit = f"{kind}"  # ! shadowed-method
                self.close = None  # ! shadowed-method
                self.kind = kind  # ! shadowed-method
                self.many = many  # ! shadowed-method
                self.maybe = maybe  # ! shadowed-method
                self.other = other  # ! shadowed-method
                self.plain = plain  # ! shadowed-method
                self.rest = rest.get("rest", {})  # ! shadowed-method
                self.local = local = not kind  # ! shadowed-method
                self.named, self.wide = "a", dict(rest) or None  # ! shadowed-method
                self.sum = 1 + 1 if kind else None  # ! shadowed-method
                total = 3
                self.total = total  # ! shadowed-method
            def reading(self): ...
            def unit(self): ...
            def close(self): ...
            async def kind(self): ...
            def many(self): ...
            def maybe(self): ...
            def other(self): ...
            def plain(self): ...
            def rest(self): ...
            def local(self): ...
            def named(self): ...
            def wide(self): ...
            @staticmethod
            def sum(): ...
            def total(self): ...
        """,
    "inherited methods": """
        class Base:
            def close(self): ...
            def open(self): ...
        class Meter(Base):
            close = 5  # ! shadowed-method
            def __init__(self):
                self.open = False  # ! shadowed-method
        """,
    "two of one name in one class": """
        class Meter:
            level = 5  # ! shadowed-method
            def level(self): ...
            other = None
            def other(self): ...
            if level:
                third = 5
            else:
                def third(self): ...
        """,
    "a method under the name of what a base's constructor stores": """
        class Base:
            def __init__(self, tall=False):
                self.level = 5
                self.depth = 5
                self.width = some()
                if tall:
                    self.height = 5
            def fill(self):
                self.later = 1
        def some(): ...
        class Meter(Base):
            def __init__(self):
                super().__init__()
            def level(self):  # ! shadowed-method
                ...
            @property
            def depth(self):  # ! read-only-attribute
                ...
            def width(self): ...
            def height(self): ...
            def later(self): ...
        class Plain(Base):
            level = some()
            depth = 3
        """,
}

NOT_HIDDEN = {
    "functions under the names of methods": """
        import functools
        def some(): ...
        class Meter:
            def __init__(self, read, odd: "int", hook: Callable, later: Config, annotated: x.Thing[int], again: str):
                self.read = read
                self.odd = odd
                self.default = DEFAULT
                self.made = 5
                self.hook = hook or None
                self.later = later
                self.annotated = annotated
                again = some()
                self.again = again
                self.cached = functools.lru_cache(self.cached)
                self.write = lambda: 1
                self.elsewhere = again.write
                first, second = again
                self.first = first
                self.unknown, self.rest = again
                self.listed[0] = 1
            made = some()
            def read(self): ...
            def odd(self): ...
            def default(self): ...
            def hook(self): ...
            def later(self): ...
            def annotated(self): ...
            def again(self): ...
            def cached(self): ...
            def write(self): ...
            def elsewhere(self): ...
            def first(self): ...
            def unknown(self): ...
            def rest(self): ...
            def listed(self): ...
        DEFAULT = 3
        class Callable: ...
        class Config: ...
        """,
    "what is switched on and off": """
        class Meter:
            def __init__(self, stream):
                self.write = stream.write
            def write(self): ...
            def read(self): ...
            def close(self):
                self.write = None
                self.read = None
            @classmethod
            def make(cls):
                cls.read = 5
            def probe(self):
                try:
                    self.read = 5
                except AttributeError:
                    pass
        """,
    "a class attribute for a property, an alias, a special name": """
        class Base:
            __hash__ = None
            @property
            def name(self): ...
            def close(self): ...
            def open(self): ...
            def __len__(self): ...
        class Meter(Base):
            name = "meter"
            aclose = close = Base.close
            open = None
            __len__ = 3
            size: int
        """,
    "a property that can be set, or is none": """
        from functools import cached_property
        class Meter:
            def __init__(self):
                self.level = self.depth = self.width = self.odd = self.height = 5
            @property
            def level(self): ...
            @level.setter
            def level(self, value): ...
            @cached_property
            def depth(self): ...
            @something
            def odd(self): ...
            def _get(self): ...
            def _set(self, value): ...
            width = property(_get, _set)
            height = _get
        def something(function): ...
        """,
    "a base of which nothing is known": """
        import elsewhere
        class Base:
            def level(self): ...
        class Meter(elsewhere.Mixin, Base):
            def __init__(self):
                self.level = 5
        """,
}

READ_ONLY = {
    "properties without a setter": """
        class Base:
            @property
            def level(self): ...
            def _get(self): ...
            depth = property(_get, doc="how deep")
        class Tank(Base):
            def fill(self):
                self.level = 5  # ! read-only-attribute
                self.depth += 5  # ! read-only-attribute
                try:
                    self.level = 6
                except (AttributeError, ValueError):
                    pass
        """,
    "frozen dataclasses": """
        import dataclasses
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Tank:
            level: int
            def fill(self):
                self.level = 5  # ! read-only-attribute
            @classmethod
            def make(cls):
                cls.made = 1
        class Derived(Tank):
            def fill(self):
                self.level = 5  # ! read-only-attribute
                self.other = 5
        @dataclasses.dataclass()
        class Open:
            level: int
            def fill(self):
                self.level = 5
        @dataclass(frozen=True)
        class ByHand:
            level: int
            def __setattr__(self, name, value): ...
            def fill(self):
                self.level = 5
                object.__setattr__(self, "level", 5)
        """,
    "one that sets by hand": """
        class Tank:
            @property
            def level(self): ...
            def __setattr__(self, name, value): ...
            def fill(self):
                self.level = 5
        """,
}

UNDEFINED = {
    "what nobody defines": """
        from abc import ABC
        from typing import Generic, TypeVar
        T = TypeVar("T")
        class Base(ABC, Generic[T]):
            def __init__(self):
                self.title = "base"
        class Ship(Base[int]):
            def sail(self):
                self.wind()  # ! undefined-attribute
                return [self.titel for _ in "abc"]  # ! undefined-attribute
            def again(self):
                return self.titel
        """,
    "what somebody defines": """
        class Mixin:
            def hail(self):
                return self.name, self.from_subclass, self.from_sibling
        class Sibling:
            from_sibling = 1
        class Ship(Mixin, Sibling):
            masts: int
            import os
            class Deck: ...
            wheels, anchors = 1, 2
            for number in "abc": pass
            def __init__(self, other):
                self.name = "x"
                self.from_subclass = 2
                self.a, (self.b, *self.c) = other
                for self.index in range(3): pass
                with other as self.hatch: pass
                self.noted: int
                other.cargo = 3
                (lambda: setattr(self, "by_name", 1))()
                del self.gone
            def look(self):
                use = self.masts, self.os, self.Deck, self.wheels, self.anchors, self.number, self.__class__, self.__odd__
                use = self.a, self.b, self.c, self.index, self.hatch, self.noted, self.cargo, self.by_name, self.gone
                return use, self.__dict_, self.set_by_owner
            def careful(self):
                if hasattr(self, "depth"):
                    return self.depth
                try:
                    return self.width
                except AttributeError:
                    pass
                from contextlib import suppress
                with suppress(AttributeError), suppress(ValueError):
                    return self.height
                class Inner:
                    def go(self, outer):
                        outer.from_inner = 1
                        return self.unheard_of  # ! undefined-attribute
                def inner(self):
                    return self.unheard_of
                return self.from_inner
            @classmethod
            def of_class(cls):
                return cls.unheard_of
            @staticmethod
            def of_none(self):
                return self.unheard_of
            def other_name(this):
                return this.unheard_of
        def own(ship):
            ship.set_by_owner = 1
        """,
}

SILENT = {
    "a base from elsewhere": "from elsewhere import Base\nclass Ship(Base):\n    def sail(self): return self.wind\n",
    "an unknown base": "class Ship(make()):\n    def sail(self): return self.wind\ndef make(): ...\n",
    "__getattr__": "class Ship:\n    def __getattr__(self, name): ...\n    def sail(self): return self.wind\n",
    "__slots__": "class Ship:\n    __slots__ = ()\n    def sail(self): return self.wind\n",
    "setattr": "class Ship:\n    def sail(self, name):\n        setattr(self, name, 1)\n        return self.wind\n",
    "object.__setattr__": "class Ship:\n    def sail(self, n):\n        object.__setattr__(self, n, 1)\n        return self.wind\n",
    "__dict__": "class Ship:\n    def sail(self, by):\n        self.__dict__.update(by)\n        return self.wind\n",
    "vars": "class Ship:\n    def sail(self, by):\n        vars(self).update(by)\n        return self.wind\n",
    "locals": "class Ship:\n    locals().update(a=1)\n    def sail(self):\n        return self.wind\n",
    "a decorator": "@deco\nclass Ship:\n    def sail(self): return self.wind\ndef deco(c): ...\n",
    "a metaclass": "class Meta(type): ...\nclass Ship(metaclass=Meta):\n    def sail(self): return self.wind\n",
    "a keyword of the class": "class A:\n    def __init_subclass__(cls, **k): ...\nclass Ship(A, x=1):\n    def sail(self): return self.wind\n",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_hides_a_method(tmp_path: Path, name: str) -> None:
    check(tmp_path, "from typing import Optional", HIDDEN[name], kind="data")


@pytest.mark.parametrize("name", NOT_HIDDEN)
def test_what_hides_none(tmp_path: Path, name: str) -> None:
    check(tmp_path, "import x", NOT_HIDDEN[name], kind="data")


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_cannot_be_assigned(tmp_path: Path, name: str) -> None:
    check(tmp_path, READ_ONLY[name], kind="data")


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_nothing_defines(tmp_path: Path, name: str) -> None:
    check(tmp_path, UNDEFINED[name], kind="data")


@pytest.mark.parametrize("name", SILENT)
def test_where_nobody_can_tell(tmp_path: Path, name: str) -> None:
    check(tmp_path, SILENT[name], kind="data")


def test_a_metaclass_of_the_library_says_nothing(tmp_path: Path) -> None:
    text = "import abc\nclass Ship(metaclass=abc.ABCMeta):\n    def sail(self): return self.wind  # ! undefined-attribute"
    check(tmp_path, text, kind="data")


def test_what_is_set_by_another_module(tmp_path: Path) -> None:
    ship = "class Ship:\n    def sail(self): return self.wind, self.tide  # ! undefined-attribute\n"
    check(
        tmp_path,
        ship,
        kind="data",
        files={"other.py": "def rig(ship):\n    ship.wind = 3\n    return ship.tide == 3\n"},
    )


def test_a_name_of_another_spelling_is_offered(tmp_path: Path) -> None:
    first, second = check(tmp_path, UNDEFINED["what nobody defines"], kind="data")
    assert "Assign it in the constructor" in first
    assert "Did you mean `self.title`?" in second


def test_messages_say_where_the_method_is(tmp_path: Path) -> None:
    base = "class Base:\n    def close(self): ...\n    @property\n    def level(self): ...\n"
    text = "from base import Base\nclass A(Base):\n    def open(self): ...\n    def __init__(self):\n"
    text += "        self.close = 1  # ! shadowed-method\n        self.open = 1  # ! shadowed-method\n"
    text += "        self.level = 1  # ! read-only-attribute\n"
    messages = check(tmp_path, text, kind="data", files={"base.py": base})
    assert "hides `Base`'s (base.py:2), a method" in messages[0]
    assert "hides line 3, a method" in messages[1]


PROVIDERS = """
    class Pump:
        def __init__(self):
            self.status = "idle"  # ! read-only-attribute
            self.health = self.current = 1  # ! read-only-attribute
            self.metadata = {}  # ! read-only-attribute
        async def start(self):
            self.status = self.config = self.state = 1
        @classmethod
        def make(cls):
            cls.health = 1
    class Own:
        status = metadata = None
        async def start(self):
            self.status = self.metadata = 1
    """


def test_what_is_read_only_on_a_provider(tmp_path: Path) -> None:
    messages = check(tmp_path, PROVIDERS)
    assert "LegacyProvider yields to the assignment" in messages[0]
    assert "raises AttributeError there" in messages[2]


def test_what_stands_on_a_provider_already(tmp_path: Path) -> None:
    text = """
        from purveyor import Provider
        from purveyor.migrate import LegacyProvider
        class Pump(Provider):
            async def initialize(self):
                self.status = "idle"  # ! read-only-attribute
        class Legacy(LegacyProvider):
            async def initialize(self):
                self.status = "idle"  # ! read-only-attribute
        """
    first, second = check(tmp_path, text)
    assert "raises AttributeError there" in first
    assert "LegacyProvider yields" in second


def test_other_classes_may_have_a_status(tmp_path: Path) -> None:
    check(tmp_path, "class Reply:\n    def __init__(self): self.status = 200\n", kind="data")
