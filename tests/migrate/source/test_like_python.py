"""What is read off the source is what Python makes of it: generated packages, imported for real."""

from __future__ import annotations

import importlib
import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purveyor.migrate.source import ClassFacts, External, Unresolved, read_project

_NUMBERS = itertools.count()
_LAYOUTS = (
    ("{r}", "{r}.base", "{r}.core", "{r}.core.impl", "{r}.util"),
    ("{r}.base", "{r}.core.base", "{r}.core.impl", "{r}"),
    ("{r}.a.b.c", "{r}.a.b", "{r}.a", "{r}.d", "{r}"),  # some of them packages, some namespace packages
    ("{r}.one", "{r}.two", "{r}.three", "{r}.four"),
)
_CLASSES = ("Base", "Provider", "Local", "Mixin", "_Hidden")
_HEAD = "from __future__ import annotations\nimport abc\nimport typing\nfrom typing import TYPE_CHECKING, Generic, TypeVar\nT = TypeVar('T')\n"


class _Module:
    """One module in the making: its lines, and the expressions that mean a class in it."""

    def __init__(self, name: str, *, is_package: bool) -> None:
        self.name = name
        self.is_package = is_package
        self.lines: list[str] = []
        self.classes: list[str] = []  # names bound to classes
        self.expressions: list[str] = []  # dotted ones as well


@st.composite
def _packages(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    root = f"generated_{next(_NUMBERS)}"
    names = [one.format(r=root) for one in draw(st.sampled_from(_LAYOUTS))]
    modules: list[_Module] = []
    tags = itertools.count()
    for name in names:
        inner = any(other.startswith(f"{name}.") for other in names)
        module = _Module(name, is_package=inner)
        for _ in range(draw(st.integers(1, 6))):
            _statement(draw, module, modules, tags)
        modules.append(module)
    sources = {}
    for module in modules:
        path = module.name.replace(".", "/") + ("/__init__.py" if module.is_package else ".py")
        sources[path] = _HEAD + "\n".join(module.lines) + "\n"
    return root, sources


def _statement(draw: st.DrawFn, module: _Module, others: list[_Module], tags: Iterator[int]) -> None:
    kinds = ["class", "class", "class"]
    if others:
        kinds += ["from", "from", "relative", "import", "import as", "star", "submodule", "fallback", "typing"]
    if module.classes:
        kinds += ["alias", "nested", "conditional", "exports", "local", "with"]
    kind = draw(st.sampled_from(kinds))
    other = draw(st.sampled_from(others)) if others else None
    name = draw(st.sampled_from(_CLASSES))
    if kind == "class":
        _class(draw, module, name, tags)
    elif kind == "alias":
        module.lines.append(f"{name} = {draw(st.sampled_from(module.expressions or module.classes))}")
        _add(module, name)
    elif kind == "nested":
        module.lines += [
            f"class {name}:",
            f"    tag = {next(tags)}",
            "    class Inner:",
            f"        tag = {next(tags)}",
        ]
        _add(module, name, f"{name}.Inner")
    elif kind == "conditional":
        base = draw(st.sampled_from(module.classes))
        module.lines += [f"if {draw(st.booleans())}:", f"    {name} = {base}", "else:", f"    {name} = {base}"]
        _add(module, name)
    elif kind == "exports":
        module.lines.append(f"__all__ = {sorted(set(module.classes))!r}")
    elif kind == "local":
        module.lines += ["def make():", "    class Inside:", f"        tag = {next(tags)}", "    return Inside"]
    elif kind == "with":
        base = draw(st.sampled_from(module.classes))
        module.lines += ["import contextlib", "with contextlib.suppress(ValueError):"]
        module.lines += [f"    class {name}({base}):", f"        tag = {next(tags)}"]
        _add(module, name)
    elif other is not None:
        _import(draw, kind, module, other, name)


def _import(draw: st.DrawFn, kind: str, module: _Module, other: _Module, name: str) -> None:
    theirs = draw(st.sampled_from(other.classes)) if other.classes else None
    if kind == "from" and theirs:
        module.lines.append(f"from {other.name} import {theirs} as {name}")
        _add(module, name)
    elif kind == "relative" and theirs:
        package = module.name if module.is_package else module.name.rpartition(".")[0]
        shared = package
        dots = "."
        while shared and not f"{other.name}.".startswith(f"{shared}."):
            shared = shared.rpartition(".")[0]
            dots += "."
        if shared:
            module.lines.append(f"from {dots}{other.name[len(shared) + 1 :]} import {theirs}")
            _add(module, theirs)
    elif kind == "import" and theirs:
        module.lines.append(f"import {other.name}")
        module.expressions.append(f"{other.name}.{theirs}")
    elif kind == "import as" and theirs:
        module.lines.append(f"import {other.name} as other")
        module.expressions.append(f"other.{theirs}")
    elif kind == "submodule" and "." in other.name and theirs:
        package, _, last = other.name.rpartition(".")
        module.lines.append(f"from {package} import {last} as sub")
        module.expressions.append(f"sub.{theirs}")
    elif kind == "star":
        module.lines.append(f"from {other.name} import *")
        visible = [one for one in other.classes if not one.startswith("_")]
        module.classes += visible
        module.expressions += visible
    elif kind == "fallback" and theirs:
        module.lines += [
            "try:",
            f"    from {other.name} import {theirs} as {name}",
            "except ImportError:",
            f"    {name} = None",
        ]
        _add(module, name)
    elif kind == "typing" and theirs:
        module.lines += ["if TYPE_CHECKING:", f"    from {other.name} import {theirs} as OnlyForTyping"]


def _class(draw: st.DrawFn, module: _Module, name: str, tags: Iterator[int]) -> None:
    generic = draw(st.sampled_from(["Generic[T]", "typing.Generic[T]"]))
    outside = ["abc.ABC", generic, "object", "Exception", "ValueError"]
    candidates = [*dict.fromkeys([*module.expressions, *module.classes])]
    bases = draw(st.lists(st.sampled_from([*candidates, *outside, *candidates]), max_size=3, unique=True))
    if "abc.ABC" in bases and draw(st.booleans()):
        bases.append("metaclass=abc.ABCMeta")
    module.lines += [
        f"class {name}({', '.join(bases)}):",
        f"    tag = {next(tags)}",
        "    def __init__(self): ...",
    ]
    _add(module, name)


def _add(module: _Module, *names: str) -> None:
    module.classes.append(names[0])
    module.expressions += names


@contextmanager
def _imported(folder: Path, root: str) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(str(folder))
        for name in [one for one in sys.modules if one.partition(".")[0] == root]:
            del sys.modules[name]


def _order(kind: type) -> list[object]:
    found: list[object] = [
        vars(one)["tag"] if one.__module__.startswith("generated_") else f"{one.__module__}.{one.__qualname__}"
        for one in kind.__mro__
    ]
    return found[:-1]  # without object


def _read_order(facts: ClassFacts) -> list[object]:
    return [_name(one) for one in facts.mro]


def _name(one: object) -> object:
    if isinstance(one, ClassFacts):
        tag = one.attributes["tag"]
        return getattr(tag, "value", None)
    assert isinstance(one, External | Unresolved), one
    return one.qualified if isinstance(one, External) else one


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_packages())
def test_a_generated_package_resolves_as_python_resolves_it(package: tuple[str, dict[str, str]]) -> None:
    root, sources = package
    with tempfile.TemporaryDirectory() as folder, _imported(Path(folder), root):
        for path, text in sources.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        project = read_project(Path(folder))
        by_module = {file.module: file for file in project.files}
        loaded: dict[str, ModuleType] = {}
        broken = contradiction = False
        for name in by_module:
            try:
                loaded[name] = importlib.import_module(name)
            except TypeError:  # no consistent order, or a base twice
                broken = contradiction = True
            except (ImportError, AttributeError, NameError):
                broken = True  # the generator met a name that is not there
            if broken:
                break
        problems = [facts.mro_problem for facts in project.classes if facts.mro_problem]
        assert problems or not contradiction
        if not broken:
            assert problems == []
        for name, module in loaded.items():
            for word, value in vars(module).items():
                if isinstance(value, type) and value.__module__.startswith("generated_"):
                    found = project.resolve(by_module[name], word)
                    assert isinstance(found, ClassFacts), (name, word, found, sources)
                    assert _read_order(found) == _order(value), (name, word, sources)
                    assert found.qualname == value.__qualname__
                    assert found.is_abc == (type(value).__name__ == "ABCMeta")


def test_the_generator_makes_what_it_is_for() -> None:
    """A generator that only made empty modules would prove nothing."""
    seen: set[str] = set()

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_packages())
    def look(package: tuple[str, dict[str, str]]) -> None:
        text = "".join(package[1].values())
        seen.update(
            word
            for word in ("import *", "Generic[T]", "from .", "class Inner", "except ImportError")
            if word in text
        )

    look()
    assert seen == {"import *", "Generic[T]", "from .", "class Inner", "except ImportError"}
