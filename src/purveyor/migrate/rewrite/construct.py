"""How a class is built, and what a typed config of it would be."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.rewrite.fields import (
    Field,
    field_of_key,
    field_of_parameter,
    is_field,
    is_literal,
    is_plain,
    is_reserved,
    ordered,
    quoted,
    without_none,
)
from purveyor.migrate.rewrite.keys import Function, Key, KeysRead, keys_read
from purveyor.migrate.rewrite.models import externals, fields_of, is_model, takes_back
from purveyor.migrate.rewrite.parameters import Parameter, hands_all_on, named_in, taken_by
from purveyor.migrate.source.project import ClassFacts, External

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from purveyor.migrate.rewrite.elsewhere import ReadElsewhere
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import Method, Project

__all__ = ["Construct", "Shape", "construct_of", "quoted"]

Shape: TypeAlias = Literal[
    "typed-config", "generic-config", "dictionary", "keywords", "parameters", "injected-host", "no-config"
]

#: What a parameter without a type is called that takes a plain value.
_PLAIN_WORDS = re.compile(
    r"(.*_)?(host|hostname|port|url|uri|dsn|address|endpoint|path|folder|directory|dir|root|file|filename|name|label|title|prefix"
    r"|suffix|key|token|secret|user|username|password|bucket|region|database|db|table|schema|model|timeout|interval|ttl|delay"
    r"|size|limit|count|capacity|retries|attempts|level|mode|encoding|version|rate|seed|verbose|debug|enabled)"
)
#: What is asked of a dictionary, and of a text.
_OF_DICTIONARY = frozenset({"get", "items", "keys", "values", "pop", "copy", "setdefault", "update"})
_OF_TEXT = frozenset(
    ("strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "partition", "rpartition", "startswith")
) | {"endswith", "lower", "upper", "casefold", "removeprefix", "removesuffix", "encode"}
_CONFIG_WORDS = {"config", "configuration", "settings", "options", "conf", "cfg", "params", "opts"}
#: Where a generic config keeps what is particular to a provider.
_EXTRA_FIELDS = ("config", "settings", "options", "params", "parameters", "extra", "extras")
#: Fields of a generic config that say whose it is.
_NAME_FIELDS = {"name", "type", "provider", "provider_type", "provider_name", "kind"}

_DICTIONARY = re.compile(r"(typing\.|t\.)?([dD]ict|Mapping|MutableMapping)\b(\[.*\])?|ConfigDict", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Construct:
    """How a class is built.

    Args:
        shape: The form of its constructor.
        line: Where that stands.
        config: The source of its config's type; None where no config can build it.
        arguments: The source of what its constructor is given, made of ``config``.
        fields: The config's fields, if its type has yet to be written.
        obstacle: Why no config can build it.
        inherited: Whether it is built as its base is, by a parameter whose type only that says.
        warnings: What to know of it: line, code and text of each.
    """

    shape: Shape
    line: int
    config: str | None = None
    arguments: str = ""
    fields: tuple[Field, ...] | None = None
    obstacle: str | None = None
    inherited: bool = False
    warnings: tuple[tuple[int, str, str], ...] = ()

    @property
    def uses_settings(self) -> bool:
        """Whether `arguments` calls ``settings``."""
        return "settings(" in self.arguments


def construct_of(
    facts: ClassFacts, project: Project, provider_name: str, elsewhere: Collection[ReadElsewhere] = ()
) -> Construct:
    """Read off how a class is built.

    Args:
        facts: The class.
        project: Where it stands.
        provider_name: What a generic config is given where it wants a provider's name or type.
        elsewhere: The keys that other code reads.
    """
    constructors = list(_constructors(facts))
    if not constructors:
        return Construct("no-config", facts.line, "None")
    owner, method = constructors[0]
    return _Reading(facts, project, provider_name, elsewhere, owner, method, constructors).read()


def _constructors(facts: ClassFacts) -> Iterator[tuple[ClassFacts, Method]]:
    """The constructors along the bases, without those that hand on whatever they get."""
    for owner in facts.mro:
        method = owner.methods.get("__init__") if isinstance(owner, ClassFacts) else None
        if method is not None and not hands_all_on(method):
            assert isinstance(owner, ClassFacts)
            yield owner, method


@dataclass(slots=True)
class _Reading:
    facts: ClassFacts
    project: Project
    provider_name: str
    elsewhere: Collection[ReadElsewhere]
    owner: ClassFacts
    method: Method
    constructors: list[tuple[ClassFacts, Method]]
    depth: int = 0

    def read(self) -> Construct:
        arguments = self.method.node.args
        named = named_in(self.method.node)
        if arguments.vararg is not None and (named or arguments.kwarg is None or self._uses(arguments.vararg.arg)):
            return self._host(f"*{arguments.vararg.arg}")
        if not named and arguments.kwarg is not None:
            return self._keywords(arguments.kwarg.arg)
        return self._of_named(named, arguments.kwarg) if named else self._none()

    def _of_named(self, named: list[Parameter], rest: ast.arg | None) -> Construct:
        needed = [each for each in named if each.default is None]
        if rest is None and len(named) == 1:
            return self._one(named[0])
        parameters = self._parameters(named) if rest is None else None
        if parameters is not None:
            return parameters
        configs = [each for each in named if self._looks_like_config(each)]
        if (
            len(configs) == 1
            and (not needed or needed == configs)
            and (configs[0].first or not configs[0].positional_only)
        ):
            return self._one(configs[0])
        if rest is not None and len(self.constructors) == 1:
            parameters = self._parameters(named)
            if parameters is not None:  # what else it takes cannot be told
                return replace(parameters, config="dict[str, Any]", fields=None)
        return self._host(", ".join(each.name for each in needed) or ", ".join(each.name for each in named))

    def _none(self) -> Construct:
        return Construct("no-config", self.method.line, "None", "")

    def _host(self, what: str) -> Construct:
        obstacle = f"its constructor takes {what}, which no configuration file can give"
        return Construct("injected-host", self.method.line, None, obstacle=obstacle)

    def _one(self, parameter: Parameter) -> Construct:
        annotation, home = self._bound(parameter.annotation)
        if annotation is None or annotation == "Any":
            return self._untyped(parameter)
        parameter = replace(parameter, annotation=annotation)
        if _DICTIONARY.fullmatch(annotation):
            return self._dictionary(self._keys(parameter.name), parameter)
        model = self.project.resolve(home, annotation)
        if isinstance(model, ClassFacts):
            if any(each.endswith("TypedDict") for each in externals(model)):
                return self._dictionary(KeysRead(open=parameter.line), parameter)
            if is_model(model):
                return self._typed(parameter, annotation, model, home)
        elif _tail(annotation).endswith(("Config", "Settings", "Options", "Configuration")):
            return self._typed(parameter, annotation, None, home)
        return self._parameters([parameter]) or self._host(f"{parameter.name} ({annotation})")

    def _bound(self, annotation: str | None) -> tuple[str | None, SourceFile]:
        """A type, or what a class gives to its generic base for it, and the file in which it is called so."""
        home = self.owner.file
        if annotation is None or not annotation.isidentifier():
            return annotation, home
        if isinstance(self.project.resolve(home, annotation), ClassFacts | External):
            return annotation, home
        variables = next((_arguments(base.expression) for base in self.owner.bases if "[" in base.expression), [])
        for owner in self.facts.mro:
            if isinstance(owner, ClassFacts):
                for base in owner.bases:
                    given = _arguments(base.expression)
                    if base.resolved is self.owner and len(given) == len(variables) and annotation in variables:
                        return given[variables.index(annotation)], owner.file
        return annotation, home

    def _untyped(self, parameter: Parameter) -> Construct:
        """A parameter without a type: what a base makes of it, or how it is used, tells what it is."""
        if len(self.constructors) > 1:
            owner, method = self.constructors[1]
            named = named_in(method.node)
            taken = taken_by(self.method.node, parameter.name, method.node)
            if (
                len(named) == 1
                and named[0].annotation not in (None, "Any")
                and taken == parameter.name == named[0].name
            ):
                inherited = replace(self, owner=owner, method=method, constructors=self.constructors[1:])
                return replace(inherited._one(named[0]), inherited=owner is not self.facts)
        keys = self._keys(parameter.name)
        if keys.keys or keys.coerced is not None:
            return self._dictionary(keys, parameter)
        if parameter.name in _CONFIG_WORDS and not self._used_as_object(parameter.name):
            return self._dictionary(keys, parameter)
        parameters = self._parameters([parameter])
        return parameters or self._host(parameter.name)

    def _typed(
        self, parameter: Parameter, annotation: str, model: ClassFacts | None, home: SourceFile
    ) -> Construct:
        fields = {} if model is None else fields_of(model)
        for extra in _EXTRA_FIELDS:
            if model is not None and extra in fields:
                keys = self._keys(parameter.name, within=extra)
                if keys.keys or keys.coerced is not None or keys.open is not None:
                    return self._generic(parameter, annotation, model, extra, keys, home)
        reserved = _reserved((name, self.method.line, field.required) for name, field in fields.items())
        arguments = self._given(parameter, "config")
        built = Construct("typed-config", self.method.line, annotation, arguments, warnings=reserved)
        if self._at_hand(annotation, home):
            return replace(built, config=self._written(annotation))
        if home is not self.facts.file and _is_bound(annotation, home.tree):
            return replace(built, inherited=True)  # where the base is, it is at hand
        return self._out_of_reach(parameter, annotation, home)

    def _out_of_reach(self, parameter: Parameter, annotation: str, home: SourceFile) -> Construct:
        why = "is imported for type checkers only" if home is self.facts.file else "its file does not import"
        return self._host(f"{parameter.name} ({annotation}, which {why})")

    def _generic(
        self,
        parameter: Parameter,
        annotation: str,
        model: ClassFacts,
        extra: str,
        keys: KeysRead,
        home: SourceFile,
    ) -> Construct:
        given = {extra: "settings(config)"}
        for name, field in fields_of(model).items():
            if name == extra or not field.required:
                continue
            if name not in _NAME_FIELDS or field.annotation not in ("str", "Any"):
                return self._host(f"{parameter.name} ({annotation}, whose {name} has no default)")
            given[name] = quoted(self.provider_name)
        if not self._at_hand(annotation, home):
            return self._out_of_reach(parameter, annotation, home)
        ordered = [*sorted(given.keys() - {extra}), extra]
        made = f"{annotation}({', '.join(f'{name}={given[name]}' for name in ordered)})"
        return self._of_keys("generic-config", keys, self._given(parameter, made))

    def _dictionary(self, keys: KeysRead, parameter: Parameter) -> Construct:
        return self._of_keys("dictionary", keys, self._given(parameter, "settings(config)"))

    def _keywords(self, name: str) -> Construct:
        return self._of_keys("keywords", self._keys(name), "**settings(config)")

    def _of_keys(self, shape: Shape, keys: KeysRead, arguments: str) -> Construct:
        line = self.method.line
        made = None if keys.coerced is None else self.project.resolve(self.owner.file, keys.coerced)
        model = made if isinstance(made, ClassFacts) and is_model(made) else None
        fields = {} if model is None else fields_of(model)
        must = any(is_reserved(each) and field.required for each, field in fields.items())
        if model is not None and takes_back(model) and not must and not keys.keys and keys.open is None:
            assert keys.coerced is not None
            name = ast.unparse(keys.coerced)
            if self._at_hand(name, self.owner.file):
                reserved = _reserved((each, line, field.required) for each, field in fields.items())
                return Construct(shape, line, self._written(name), arguments, warnings=reserved)
        lines = {**dict.fromkeys(fields, line), **{key.name: key.line for key in keys.keys.values()}}
        called = _called(lines)
        arguments, warnings = _renaming(arguments, called), _called_otherwise(lines, called)
        if keys.coerced is not None or keys.open is not None or not all(is_field(name) for name in keys.keys):
            return Construct(shape, line, "dict[str, Any]", arguments, warnings=warnings)
        text = "its key {!r} is read in {}, or so it seems"
        warnings += tuple((line, "read-elsewhere", text.format(*each)) for each in keys.elsewhere.items())
        own = (replace(field_of_key(key), name=called.get(key.name, key.name)) for key in keys.keys.values())
        return Construct(shape, line, "", arguments, ordered(own), warnings=warnings)

    def _parameters(self, named: list[Parameter]) -> Construct | None:
        """A constructor whose parameters are plain values is configured with them."""
        fields: list[Field] = []
        called = _called({each.name for each in named})
        for each in named:
            if each.annotation is not None:
                plain = is_plain(without_none(each.annotation))
            else:
                plain = _PLAIN_WORDS.fullmatch(each.name) is not None
                plain = plain and not self._used_as_object(each.name, but=_OF_TEXT)
            literal = each.default is not None and is_literal(each.default)
            if not (plain or literal) or each.positional_only or not is_field(each.name):
                return None
            field = field_of_parameter(each.name, each.annotation, each.default)
            fields.append(replace(field, name=called.get(each.name, each.name)))
        line, arguments = self.method.line, _renaming("**settings(config)", called)
        warnings = _called_otherwise({each.name: each.line for each in named}, called)
        return Construct("parameters", line, "", arguments, ordered(fields), warnings=warnings)

    def _given(self, parameter: Parameter, value: str) -> str:
        return value if parameter.first else f"{parameter.name}={value}"

    def _keys(self, parameter: str, within: str | None = None) -> KeysRead:
        constructors: list[tuple[Function, str | None]] = [(self.method.node, parameter)]
        spread: Function | None = None
        name: str | None = parameter
        for _, method in self.constructors[1:]:
            name = taken_by(constructors[-1][0], name or "", method.node)
            if name == "":
                break
            if name is None:  # as keywords, each of which may be a parameter
                spread, name = method.node, method.var_keyword
            constructors.append((method.node, name))
        seen = {"__init__"}
        others: list[Function] = []
        for owner in self.facts.mro:
            if isinstance(owner, ClassFacts):
                others += [each.node for name, each in owner.methods.items() if name not in seen]
                seen |= owner.methods.keys()
        found = keys_read(constructors, others, within)
        for each in named_in(spread) if spread is not None and within is None else ():
            key = Key(each.name, each.line, required=each.default is None, annotation=each.annotation)
            key.defaults.add(each.default or "None")
            found.keys.setdefault(each.name, key)
            if key.required and each.annotation is not None and not is_plain(each.annotation):
                found.open = found.open or each.line
        if within is None and self.depth == 0 and found.coerced is None and found.open is None:
            self._add_elsewhere(found)
        return self._with_handed(found)

    def _add_elsewhere(self, keys: KeysRead) -> None:
        """Add what other code reads from the attribute that keeps the dictionary."""
        for read in self.elsewhere:
            new = read.key not in keys.keys or read.key in keys.elsewhere
            if read.attribute in keys.kept and new and read.is_of(self.facts):
                key = keys.keys.setdefault(read.key, Key(read.key, self.method.line))
                key.defaults.add(read.default or "None")
                keys.elsewhere.setdefault(read.key, f"{read.file.path}:{read.line}")

    def _with_handed(self, keys: KeysRead) -> KeysRead:
        """Add what those read that are built with the dictionary."""
        for handed in keys.handed:
            made = self.project.resolve(self.owner.file, handed.to)
            constructors = (
                list(_constructors(made)) if isinstance(made, ClassFacts) and made is not self.facts else []
            )
            named = named_in(constructors[0][1].node) if constructors else []
            if not isinstance(made, ClassFacts) or not named or self.depth > 3:
                keys.open = keys.open or handed.to.lineno
                continue
            owner, method = constructors[0]
            inner = replace(
                self, facts=made, owner=owner, method=method, constructors=constructors, depth=self.depth + 1
            )
            read = inner._keys(named[0].name)
            keys.open = keys.open or read.open
            if read.coerced is not None:
                keys.open = keys.open or handed.to.lineno
            for name, key in read.keys.items():
                key.required &= handed.certain
                if name in keys.keys:
                    keys.keys[name].required |= key.required
                    keys.keys[name].defaults |= key.defaults
                else:
                    keys.keys[name] = key
        return keys

    def _uses(self, name: str) -> bool:
        return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(self.method.node))

    def _used_as_object(self, parameter: str, but: frozenset[str] = _OF_DICTIONARY) -> bool:
        """Whether anything else is asked of a parameter than some methods."""
        return any(
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == parameter
            and node.attr not in but
            for node in ast.walk(self.method.node)
        )

    def _looks_like_config(self, parameter: Parameter) -> bool:
        annotation = parameter.annotation or ""
        if _DICTIONARY.fullmatch(annotation) or _tail(annotation).endswith(("Config", "Settings", "Options")):
            return True
        return parameter.name in _CONFIG_WORDS

    def _at_hand(self, annotation: str, home: SourceFile) -> bool:
        """Whether the class's own file binds a type's name when it runs, to what `home` calls so."""
        file = self.facts.file
        if not _is_bound(annotation, file.tree):
            return False
        return home is file or self.project.resolve(file, annotation) == self.project.resolve(home, annotation)

    def _written(self, config: str) -> str:
        """A config's type as source that can stand among the bases: in quotes where it may not be there yet.

        That is so if it is defined further down, or stands in a module, which may be one that imports this one.
        """
        before = [each for each in _body(self.facts.file.tree) if each.lineno < self.facts.line]
        return config if config in _bound_at_run_time(ast.Module(before, [])) else f'"{config}"'


def _arguments(base: str) -> list[str]:
    """What stands in the brackets of a base: ``["dict", "int"]`` of ``Box[dict, int]``."""
    match ast.parse(base, mode="eval").body:
        case ast.Subscript(slice=ast.Tuple(elts=elements)):
            return [ast.unparse(each) for each in elements]
        case ast.Subscript(slice=element):
            return [ast.unparse(element)]
        case _:
            return []


def _tail(annotation: str) -> str:
    return annotation.rpartition(".")[2]


def _body(tree: ast.Module | None) -> list[ast.stmt]:
    return [] if tree is None else tree.body


def _is_bound(annotation: str, tree: ast.Module | None) -> bool:
    return annotation.partition(".")[0] in _bound_at_run_time(tree)


def _bound_at_run_time(tree: ast.Module | None) -> set[str]:
    names: set[str] = set()
    for statement in _body(tree):
        match statement:
            case ast.Import() | ast.ImportFrom():
                names |= {(each.asname or each.name).partition(".")[0] for each in statement.names}
            case ast.ClassDef():
                names.add(statement.name)
            case ast.Assign(targets=targets):
                names |= {each.id for each in targets if isinstance(each, ast.Name)}
            case ast.Try():
                for each in ast.walk(statement):
                    if isinstance(each, ast.Import | ast.ImportFrom):
                        names |= {(alias.asname or alias.name).partition(".")[0] for alias in each.names}
            case _:
                pass
    return names


def _called(names: Collection[str]) -> dict[str, str]:
    """What the keys by which a provider's table says something else are called there: ``type_`` for ``type``."""
    found: dict[str, str] = {}
    for name in filter(is_reserved, names):
        other = f"{name}_"
        while other in names:
            other += "_"
        found[name] = other
    return found


def _renaming(arguments: str, called: Mapping[str, str]) -> str:
    """The source of a constructor's arguments, which gets keys by the names that it reads them by."""
    given = "".join(f", {other}={quoted(name)}" for name, other in called.items())
    return arguments.replace("settings(config)", f"settings(config{given})")


def _called_otherwise(lines: Mapping[str, int], called: Mapping[str, str]) -> tuple[tuple[int, str, str], ...]:
    text = "its key {!r} is one of Purveyor's own in a provider's table: there it is called {!r}"
    return tuple((lines[name], "reserved-key", text.format(name, other)) for name, other in called.items())


def _reserved(keys: Iterable[tuple[str, int, bool]]) -> tuple[tuple[int, str, str], ...]:
    """Warnings of a model's fields by which a provider's table says something else: name, line, if required."""
    found: list[tuple[int, str, str]] = []
    for name, line, required in keys:
        if is_reserved(name):
            rest = "only code can give it, and it must be given" if required else "only code can give it"
            text = f"its key {name!r} is one of Purveyor's own in a provider's table: {rest}"
            found.append((line, "reserved-key", text))
    return tuple(found)
