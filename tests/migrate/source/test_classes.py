"""What the source says of a class: methods, attributes, what is assigned, what is abstract."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from purveyor.migrate.source import ClassFacts, Method
from tests.migrate.source.trees import cls, name, project


def one(root: Path, text: str, qualname: str = "A") -> ClassFacts:
    return cls(project(root, {"main.py": text}), qualname)


def method(root: Path, text: str) -> Method:
    """The method ``f`` of a class with this body."""
    body = "\n".join(f"    {line}" for line in dedent(text).strip().split("\n"))
    return one(root, f"import abc, functools\nfrom abc import abstractmethod\nclass A:\n{body}\n").methods["f"]


def test_where_a_class_stands(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "main.py": """\
            import wraps as w
            @w.decorated(1)
            @local
            @Plain
            @undefined.thing
            class Plain(Base, metaclass=Meta, **more):
                class Inner: ...
                if x:
                    class Maybe: ...
            def local():
                class Inside: ...
                async def deeper():
                    class Deep: ...
            if x:
                class Conditional: ...
            try:
                pass
            except ValueError:
                class Fallback: ...
            """,
        },
    )
    found = [(facts.line, facts.name, facts.qualname, facts.place, facts.shadowed) for facts in of.classes]
    assert found == [
        (6, "Plain", "Plain", "module", False),
        (7, "Inner", "Plain.Inner", "class", False),
        (9, "Maybe", "Plain.Maybe", "class", False),
        (11, "Inside", "local.<locals>.Inside", "function", False),
        (13, "Deep", "local.<locals>.deeper.<locals>.Deep", "function", False),
        (15, "Conditional", "Conditional", "conditional", False),
        (19, "Fallback", "Fallback", "conditional", False),
    ]
    plain = of.classes[0]
    assert plain.decorators == ("wraps.decorated", "main.local", "main.Plain", "undefined.thing")
    assert [(word, ast.unparse(value)) for word, value in plain.keywords.items()] == [("metaclass", "Meta")]
    assert len({*of.classes, *of.classes}) == 7
    assert "ast" not in repr(plain)


def test_a_class_is_shadowed_by_a_later_one_that_certainly_replaces_it(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "main.py": """\
            class A: ...
            class A: ...
            if x:
                class B: ...
                class C: ...
            else:
                class B: ...
            class C: ...
            class D: ...
            if x:
                class D: ...
            class E:
                class D: ...
            """,
            "other.py": "class A: ...",
        },
    )
    assert [(facts.name, facts.shadowed) for facts in of.classes] == [
        ("A", True),
        ("A", False),
        ("B", False),
        ("C", True),
        ("B", False),
        ("C", False),
        ("D", False),
        ("D", False),
        ("E", False),
        ("D", False),
        ("A", False),
    ]


def test_the_parameters_of_a_method(tmp_path: Path) -> None:
    found = method(tmp_path, "def f(this, a, /, b, c=1, *rest, d, e=2, **options): ...")
    assert found.receiver == "this"
    assert found.parameters == ("a", "b", "c", "d", "e")
    assert found.required == ("a", "b", "d")
    assert (found.var_positional, found.var_keyword) == ("rest", "options")
    assert (found.name, found.line, found.kind, found.is_async) == ("f", 4, "method", False)
    bare = method(tmp_path, "def f(): ...")
    assert (bare.receiver, bare.parameters, bare.required) == (None, (), ())
    assert (bare.var_positional, bare.var_keyword) == (None, None)
    static = method(tmp_path, "@staticmethod\ndef f(a, b=1): ...")
    assert (static.receiver, static.parameters, static.required) == (None, ("a", "b"), ("a",))


@pytest.mark.parametrize(
    ("text", "kind", "decorators", "abstract"),
    [
        ("def f(self): ...", "method", (), False),
        ("@staticmethod\ndef f(): ...", "static", ("builtins.staticmethod",), False),
        ("@classmethod\ndef f(cls): ...", "class", ("builtins.classmethod",), False),
        ("@property\ndef f(self): ...", "property", ("builtins.property",), False),
        ("@functools.cached_property\ndef f(self): ...", "property", ("functools.cached_property",), False),
        ("@property\ndef f(self): ...\n@f.setter\ndef f(self, x): ...", "setter", ("f.setter",), False),
        (
            "@property\n@abstractmethod\ndef f(self): ...\n@f.setter\ndef f(self, x): ...",
            "setter",
            ("f.setter",),
            True,
        ),
        ("@property\ndef f(self): ...\n@f.getter\ndef f(self): ...", "property", ("f.getter",), False),
        ("@property\ndef f(self): ...\n@f.deleter\ndef f(self): ...", "setter", ("f.deleter",), False),
        ("@abstractmethod\nasync def f(self): ...", "method", ("abc.abstractmethod",), True),
        ("@abc.abstractproperty\ndef f(self): ...", "property", ("abc.abstractproperty",), True),
        ("@abc.abstractclassmethod\ndef f(self): ...", "class", ("abc.abstractclassmethod",), True),
        ("@abc.abstractstaticmethod\ndef f(): ...", "static", ("abc.abstractstaticmethod",), True),
        ("@missing.abstractmethod\ndef f(self): ...", "method", ("missing.abstractmethod",), True),
        ("@retry(3)\ndef f(self): ...", "method", ("retry",), False),
        ("@(lambda f: f)\ndef f(self): ...", "method", ("lambda f: f",), False),
        ("def f(self): ...\nf = staticmethod(f)", "static", (), False),
        ("def g(self): ...\nf = property(g)", "property", (), False),
        ("def g(self): ...\ndef h(self, x): ...\nf = property(g, h)", "setter", (), False),
        ("def f(self): ...\nf = retry(f)", "method", (), False),
        ("def g(self): ...\nf = g", "method", (), False),
        ("if x:\n    def f(self): ...\nelse:\n    def f(self, a): ...", "method", (), False),
        ("f: int = 1\ndef f(self): ...", "method", (), False),
    ],
)
def test_what_kind_a_method_is(
    tmp_path: Path, text: str, kind: str, decorators: tuple[str, ...], abstract: bool
) -> None:
    found = method(tmp_path, text)
    assert (found.kind, found.decorators, found.is_abstract) == (kind, decorators, abstract)


def test_some_methods_are_class_methods_by_their_name(tmp_path: Path) -> None:
    facts = one(tmp_path, "class A:\n    def __new__(cls): ...\n    def __init_subclass__(cls): ...\n")
    assert {method.kind for method in facts.methods.values()} == {"class"}


@pytest.mark.parametrize(
    ("body", "generator"),
    [
        ("yield 1", True),
        ("x = yield", True),
        ("yield from y", True),
        ("if x:\n    return [(yield)]", True),
        ("def g():\n    yield 1", False),
        ("g = lambda: (yield)", False),
        ("return (x for x in y)", False),
    ],
)
def test_a_generator_yields_by_itself(tmp_path: Path, body: str, generator: bool) -> None:
    inner = "\n".join(f"    {line}" for line in body.split("\n"))
    assert method(tmp_path, f"def f(self):\n{inner}").is_generator is generator
    found = method(tmp_path, f"async def f(self):\n{inner.replace('yield from y', 'yield y')}")
    assert (found.is_async, found.is_generator) == (True, generator)


@pytest.mark.parametrize(
    ("body", "raises", "trivial"),
    [
        ("...", False, True),
        ("pass", False, True),
        ("'''Documented.'''", False, True),
        ("'''Documented.'''; return None", False, True),
        ("return", False, True),
        ("return 1", False, False),
        ("raise NotImplementedError", True, False),
        ("'''Documented.'''; raise NotImplementedError('open')", True, False),
        ("log(); raise NotImplementedError() from None", True, False),
        ("raise ValueError", False, False),
        ("raise", False, False),
        ("if x: raise NotImplementedError", False, False),
    ],
)
def test_what_a_body_does(tmp_path: Path, body: str, raises: bool, trivial: bool) -> None:
    found = method(tmp_path, f"def f(self): {body}" if not body.startswith("if") else f"def f(self):\n    {body}")
    assert (found.raises_not_implemented, found.is_trivial) == (raises, trivial)


def test_methods_and_attributes_by_the_last_definition(tmp_path: Path) -> None:
    facts = one(
        tmp_path,
        """\
        class A:
            annotated: int
            valued: int = 1
            one, two = 1, make()
            for three in x: pass
            import os
            class Inner: ...
            def cleanup(self): ...
            aclose = cleanup
            def gone(self): ...
            gone = None
            def __getattr__(self, name): ...
            def twice(self): ...
            def twice(self, a): ...
            was = 1
            def was(self): ...
            def wrapped(self): ...
            other = retry(wrapped)
            def declared(self): ...
            declared: int
        """,
    )
    assert sorted(facts.methods) == ["__getattr__", "aclose", "cleanup", "declared", "twice", "was", "wrapped"]
    assert facts.methods["twice"].parameters == ("a",)
    assert facts.methods["aclose"].name == "aclose"
    assert facts.methods["aclose"].node is facts.methods["cleanup"].node
    values = {name: None if value is None else ast.unparse(value) for name, value in facts.attributes.items()}
    assert values == {
        "annotated": None,
        "valued": "1",
        "one": "1",
        "two": "make()",
        "three": "three",
        "os": "os",
        "Inner": "Inner",
        "gone": "None",
        "other": "retry(wrapped)",
    }


def test_what_methods_assign_on_their_receiver(tmp_path: Path) -> None:
    facts = one(
        tmp_path,
        """\
        class A:
            def __init__(me, other):
                me.plain = me.second = 1
                me.annotated: int = 2
                me.declared: int
                me.counted += 1
                me.left, [me.right, *me.rest] = 1, [2, 3]
                for me.each in other: pass
                with other as me.entered: pass
                if other:
                    me.branch = 1
                elif (walrus := other):
                    me.walrus = walrus
                try: me.tried = 1
                except ValueError: me.handled = 1
                else: me.otherwise = 1
                finally: me.finished = 1
                match other:
                    case 1: me.matched = 1
                setattr(me, "named", 1)
                setattr(me, other, 1)
                object.__setattr__(me, "frozen", 1)
                other.foreign = 1
                me.inner.deep = 1
                me["key"] = 1
                del me.plain
                def nested(): me.nested = 1
                def hiding(me): me.hidden = 1
                class Inner:
                    me.elsewhere = 1
            @classmethod
            def make(cls):
                cls.shared = 1
            @staticmethod
            def alone(me):
                me.alone = 1
            def nothing(): ...
            async def again(self):
                async with x as self.opened: pass
                async for self.item in x: pass
                while x: self.plain = 3
        """,
    )
    assert facts.assigned == {
        "annotated": [4],
        "branch": [11],
        "counted": [6],
        "each": [8],
        "entered": [9],
        "finished": [17],
        "frozen": [22],
        "handled": [15],
        "item": [40],
        "left": [7],
        "matched": [19],
        "named": [20],
        "nested": [27],
        "opened": [39],
        "otherwise": [16],
        "plain": [3, 41],
        "rest": [7],
        "right": [7],
        "second": [3],
        "shared": [33],
        "tried": [14],
        "walrus": [13],
    }
    assert list(facts.assigned) == sorted(facts.assigned)


def test_a_method_is_found_along_the_order_of_lookup(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "base.py": "class Base:\n    def open(self): ...\n    def close(self): ...\n    def gone(self): ...\n",
            "main.py": """\
            from base import Base
            from lib import Other
            class Middle(Other, Base):
                close: int
                gone = None
            class Leaf(Middle):
                def open(self): ...
            """,
        },
    )
    leaf = cls(of, "Leaf")
    found = {word: leaf.find(word) for word in ("open", "close", "gone", "never")}
    assert {word: hit and hit[0].qualname for word, hit in found.items()} == {
        "open": "Leaf",
        "close": "Base",
        "gone": None,
        "never": None,
    }
    assert [facts.qualname for facts in cls(of, "Base").subclasses] == ["Middle"]


@pytest.mark.parametrize(
    ("text", "enforced"),
    [
        ("import abc\nclass A(abc.ABC): ...", True),
        ("from abc import ABCMeta\nclass A(metaclass=ABCMeta): ...", True),
        ("from abc import *\nclass B(metaclass=ABCMeta): ...\nclass A(B): ...", True),
        ("from abc import ABCMeta\nclass Meta(ABCMeta): ...\nclass A(metaclass=Meta): ...", True),
        ("class Meta(type): ...\nclass A(metaclass=Meta): ...", False),
        ("from typing import Protocol\nclass A(Protocol): ...", True),
        ("from collections.abc import Mapping\nclass A(Mapping): ...", True),
        ("from purveyor import Provider\nclass A(Provider): ...", True),
        ("class A(Gone): ...", False),
        ("class A(dict): ...", False),
    ],
)
def test_only_abcmeta_enforces_what_is_abstract(tmp_path: Path, text: str, enforced: bool) -> None:
    assert one(tmp_path, text).is_abc is enforced


def test_what_is_abstract_and_not_implemented(tmp_path: Path) -> None:
    of = project(
        tmp_path,
        {
            "main.py": """\
            from abc import ABC, abstractmethod
            from typing import Generic
            from lib import Mixin
            class Base(ABC):
                @abstractmethod
                def open(self): ...
                @abstractmethod
                def close(self): ...
                @property
                @abstractmethod
                def name(self): ...
            class Half(Generic[T], Base):
                def open(self): ...
                name: str
            class Valued(Half):
                name = "x"
                close = None
            class Again(Valued):
                @abstractmethod
                def open(self): ...
            class Unknown(Mixin, Base):
                @abstractmethod
                def own(self): ...
            class Missing(Nowhere, Base): ...
            """,
        },
    )
    found = {facts.name: {word: by.name for word, by in facts.unimplemented.items()} for facts in of.classes}
    assert found == {
        "Base": {"close": "Base", "name": "Base", "open": "Base"},
        "Half": {"close": "Base", "name": "Base"},
        "Valued": {},
        "Again": {"open": "Again"},
        "Unknown": {"own": "Unknown"},  # the mixin may implement the others
        "Missing": {},
    }
    assert [name(one) for one in cls(of, "Half").mro] == [
        "main.py:Half",
        "typing.Generic",
        "main.py:Base",
        "abc.ABC",
    ]
