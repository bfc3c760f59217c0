"""Whether the constructor of a class takes a configuration, and of which class that is."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from purveyor.migrate.scan.ancestry import is_model
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.lifecycle import Members
    from purveyor.migrate.source.project import Method

__all__ = ["CONFIG_WORDS", "config_classes", "config_parameter", "mentioned", "words_of"]

#: What a parameter, an attribute or a class that holds a configuration is called.
CONFIG_WORDS = frozenset(
    {"config", "configs", "configuration", "cfg", "conf", "settings", "setting", "options", "opts"}
)

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")

#: What is read by keys as well, and comes in while a program runs.
_GIVEN_DATA = frozenset(
    {"attrs", "data", "environ", "event", "fields", "headers", "message", "payload", "record", "request", "row"}
)


def config_parameter(facts: ClassFacts, members: Members) -> str | None:
    """The parameter by which a class is given its configuration, ``"**kwargs"`` included; None if there is none.

    A parameter is one by its name, by the name of its annotation, or because the constructor reads values out of
    it by constant keys. A data class has its fields for parameters.
    """
    return _config_parameter(facts, members, set())


def _config_parameter(  # noqa: PLR0911 - one for each way to be given one
    facts: ClassFacts, members: Members, seen: set[ClassFacts]
) -> str | None:
    if "__init__" not in members:
        fields = [name for name, value in _fields(facts) if _is_config_name(name) or _is_config_annotation(value)]
        return fields[0] if fields and is_model(facts) else None
    owner, method = members["__init__"]
    arguments = method.node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg == method.receiver:
            continue
        if _is_config_name(argument.arg) or _is_config_annotation(argument.annotation):
            return argument.arg
        if (
            argument.arg not in _GIVEN_DATA
            and _may_be_mapping(argument.annotation)
            and argument.arg in _read_by_key(method)
        ):
            return argument.arg
    if arguments.kwarg is None:
        return None
    name = arguments.kwarg.arg
    if _is_config_name(name) or name in _read_by_key(method) or _kept_whole(method, name):
        return f"**{name}"
    if owner in seen or not _passed_up(method, name):
        return None
    seen.add(owner)
    for base in owner.bases:
        if isinstance(base.resolved, ClassFacts):
            inherited = base.resolved.find("__init__")
            if inherited is not None:
                found = _config_parameter(base.resolved, {"__init__": inherited}, seen)
                if found is not None:
                    return found
    return None


def config_classes(facts: ClassFacts) -> tuple[ClassFacts, ...]:
    """The classes in the tree that a provider is configured with, in the order in which it names them.

    They are the annotations of its constructor, what parametrises its bases, and what its constructor builds of
    its arguments.
    """
    found = {each: None for expression in _config_expressions(facts) for each in mentioned(facts, expression)}
    return tuple(
        each for each in found if each is not facts and (is_model(each) or words_of(each.name)[-1] in CONFIG_WORDS)
    )


def _config_expressions(facts: ClassFacts) -> Iterator[ast.expr]:
    """The expressions of a class in which the class of its configuration may be named."""
    for base in facts.node.bases:
        if isinstance(base, ast.Subscript):
            yield base.slice
    for value in facts.attributes.values():
        if isinstance(value, ast.Name):  # `config_class = LocalConfig`
            yield value
    for name, annotation in _fields(facts):
        if annotation is not None and _is_config_name(name):
            yield annotation
    method = facts.methods.get("__init__")
    if method is None:
        return
    arguments = method.node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation is not None:
            yield argument.annotation
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Name() | ast.Attribute() as function) if node.args or node.keywords:
                yield function
            case _:
                pass


def mentioned(facts: ClassFacts, annotation: ast.expr) -> Iterator[ClassFacts]:
    """The classes of the tree that an expression in a class names, also inside of ``Optional[...]`` or quotes."""
    match annotation:
        case ast.Name() | ast.Attribute():
            resolved = facts.resolve(facts.scope, annotation)
            if isinstance(resolved, ClassFacts):
                yield resolved
        case ast.Constant(value=str(text)):
            try:
                quoted = ast.parse(text.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return
            if not isinstance(quoted, ast.Constant):
                yield from mentioned(facts, quoted)
        case _:
            for child in ast.iter_child_nodes(annotation):
                if isinstance(child, ast.expr):
                    yield from mentioned(facts, child)


@lru_cache(maxsize=65536)  # the same names are looked at for every class that has them
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: ``("open", "ai", "config")`` for ``"OpenAIConfig"``; at least one."""
    return tuple(word.lower() for word in _WORD.findall(name)) or (name.lower(),)


def _fields(facts: ClassFacts) -> Iterator[tuple[str, ast.expr | None]]:
    """The annotated names in the body of a class and of those that it inherits from, with their annotations."""
    for owner in facts.mro:
        if isinstance(owner, ClassFacts):
            for statement in owner.node.body:
                match statement:
                    case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                        yield name, annotation
                    case _:
                        pass


def _is_config_name(name: str) -> bool:
    """Whether something is called a configuration; options of one thing (``socket_options``) are not the whole."""
    words = words_of(name)
    return words[-1] in CONFIG_WORDS and (len(words) == 1 or words[-1] not in ("options", "opts"))


def _is_config_annotation(annotation: ast.expr | None) -> bool:
    """Whether an annotation names a class that is called a configuration."""
    if annotation is None:
        return False
    for node in ast.walk(annotation):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                named = name
            case ast.Constant(value=str(text)):
                named = text.rstrip("]\"' ").removesuffix("| None").rstrip().rpartition(".")[2]
            case _:
                continue
        if words_of(named)[-1] in CONFIG_WORDS and named[:1].isupper():
            return True
    return False


def _may_be_mapping(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return True
    return any(
        isinstance(node, ast.Name) and node.id in ("dict", "Dict", "Mapping", "MutableMapping", "Any")
        for node in ast.walk(annotation)
    )


def _read_by_key(method: Method) -> set[str]:
    """The names out of which a method reads values by constant keys."""
    found: set[str] = set()
    for node in ast.walk(method.node):
        match node:
            case ast.Subscript(value=ast.Name(id=read), slice=ast.Constant(value=str())):
                found.add(read)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=read), attr="get" | "pop"),
                args=[ast.Constant(value=str()), *_],
            ):
                found.add(read)
            case _:
                pass
    return found


def _kept_whole(method: Method, name: str) -> bool:
    """Whether a method keeps all keyword arguments: as a configuration, or to make one of them."""
    for node in ast.walk(method.node):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=kept)], value=value):
                if _is_config_name(kept) and any(
                    isinstance(part, ast.Name) and part.id == name for part in ast.walk(value)
                ):
                    return True
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=args, keywords=keywords):
                given = [*args, *(keyword.value for keyword in keywords)]
                passed = any(isinstance(value, ast.Name) and value.id == name for value in given)
                if passed and called[:1].isupper() and _is_config_name(called):
                    return True
            case _:
                pass
    return False


def _passed_up(method: Method, name: str) -> bool:
    """Whether a method passes its keyword arguments on to another ``__init__``."""
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(attr="__init__"), keywords=keywords):
                if any(
                    keyword.arg is None and isinstance(keyword.value, ast.Name) and keyword.value.id == name
                    for keyword in keywords
                ):
                    return True
            case _:
                pass
    return False
