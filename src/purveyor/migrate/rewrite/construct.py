"""How a class is built, and what a typed config of it would be."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.rewrite.keys import Function, Key, KeysRead, is_field, is_secret, keys_read
from purveyor.migrate.source.project import ClassFacts, External

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.source.project import Method, Project

__all__ = ["Construct", "Field", "Shape", "construct_of", "quoted"]

Shape: TypeAlias = Literal[
    "typed-config", "generic-config", "dictionary", "keywords", "parameters", "injected-host", "no-config"
]

#: What a parameter without a type is called that takes a plain value.
_PLAIN_WORDS = re.compile(
    r"(.*_)?(host|hostname|port|url|uri|dsn|address|endpoint|path|folder|directory|dir|root|file|filename|name|label|title|prefix"
    r"|suffix|key|token|secret|user|username|password|bucket|region|database|db|table|schema|model|timeout|interval|ttl|delay"
    r"|size|limit|count|capacity|retries|attempts|level|mode|encoding|version|size|rate|seed|verbose|debug|enabled)"
)
#: What a key without a default is called whose value is text, or a number.
_TEXT_WORDS = re.compile(
    r"(.*_)?(host|hostname|url|uri|dsn|endpoint|path|folder|directory|file|filename|name|username|bucket|region|prefix)"
)
_NUMBER_WORDS = re.compile(r"(.*_)?port")
_CONFIG_WORDS = {"config", "configuration", "settings", "options", "conf", "cfg", "params", "opts"}
#: Where a generic config keeps what is particular to a provider.
_EXTRA_FIELDS = ("config", "settings", "options", "params", "parameters", "extra", "extras")
#: Fields of a generic config that say whose it is.
_NAME_FIELDS = {"name", "type", "provider", "provider_type", "provider_name", "kind"}

_DICTIONARY = re.compile(r"(typing\.|t\.)?([dD]ict|Mapping|MutableMapping)\b(\[.*\])?|ConfigDict", re.DOTALL)
_PLAIN = re.compile(
    r"(str|int|float|bool|bytes|(list|dict|set|tuple|List|Dict|Set|Tuple|Sequence|Mapping|Iterable)"
    r"\[(str|int|float|bool|bytes|Any|object|, |\.\.\.)+\]|list|dict|set|tuple|Path|pathlib\.Path|Any)"
)
_KEPT_ANNOTATION = re.compile(r"(str|int|float|bool|(list|dict|tuple)\[(str|int|float|bool|, |\.\.\.)+\])")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a typed config that is to be written.

    Args:
        name: Its name.
        annotation: The source of its type.
        default: The source of its default; None if it must be given.
    """

    name: str
    annotation: str
    default: str | None


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
    """

    shape: Shape
    line: int
    config: str | None = None
    arguments: str = ""
    fields: tuple[Field, ...] | None = None
    obstacle: str | None = None
    inherited: bool = False

    @property
    def uses_settings(self) -> bool:
        """Whether `arguments` calls ``settings``."""
        return "settings(" in self.arguments


def construct_of(facts: ClassFacts, project: Project, provider_name: str) -> Construct:
    """Read off how a class is built.

    Args:
        facts: The class.
        project: Where it stands.
        provider_name: What a generic config is given where it wants a provider's name or type.
    """
    constructors = list(_constructors(facts))
    if not constructors:
        return Construct("no-config", facts.line, "None")
    owner, method = constructors[0]
    return _Reading(facts, project, provider_name, owner, method, constructors).read()


def _constructors(facts: ClassFacts) -> Iterator[tuple[ClassFacts, Method]]:
    """The constructors along the bases, without those that hand on whatever they get."""
    for owner in facts.mro:
        method = owner.methods.get("__init__") if isinstance(owner, ClassFacts) else None
        if method is not None and not (method.var_positional and method.var_keyword and not _named(method.node)):
            assert isinstance(owner, ClassFacts)
            yield owner, method


@dataclass(slots=True)
class _Reading:
    facts: ClassFacts
    project: Project
    provider_name: str
    owner: ClassFacts
    method: Method
    constructors: list[tuple[ClassFacts, Method]]
    depth: int = 0

    def read(self) -> Construct:
        arguments = self.method.node.args
        named = _named(self.method.node)
        if not named and arguments.kwarg is not None:
            return self._keywords(arguments.kwarg.arg)
        if arguments.vararg is not None:
            return self._host(f"*{arguments.vararg.arg}")
        return self._of_named(named, arguments.kwarg) if named else self._none()

    def _of_named(self, named: list[_Parameter], rest: ast.arg | None) -> Construct:
        needed = [each for each in named if each.default is None]
        if rest is None and len(named) == 1:
            return self._one(named[0])
        parameters = self._parameters(named) if rest is None else None
        if parameters is not None:
            return parameters
        configs = [each for each in named if self._looks_like_config(each)]
        if len(configs) == 1 and (not needed or needed == configs) and not configs[0].keyword_only:
            return self._one(configs[0])
        return self._host(", ".join(each.name for each in needed) or ", ".join(each.name for each in named))

    def _none(self) -> Construct:
        return Construct("no-config", self.method.line, "None", "")

    def _host(self, what: str) -> Construct:
        obstacle = f"its constructor takes {what}, which no configuration file can give"
        return Construct("injected-host", self.method.line, None, obstacle=obstacle)

    def _one(self, parameter: _Parameter) -> Construct:
        annotation = self._bound(parameter.annotation)
        if annotation is None or annotation == "Any":
            return self._untyped(parameter)
        parameter = replace(parameter, annotation=annotation)
        if _DICTIONARY.fullmatch(annotation):
            return self._dictionary(self._keys(parameter.name), parameter)
        model = self.project.resolve(self.owner.file, annotation)
        if isinstance(model, ClassFacts):
            if any(each.endswith("TypedDict") for each in _externals(model)):
                return self._dictionary(KeysRead(open=parameter.line), parameter)
            if _is_model(model):
                return self._typed(parameter, annotation, model)
        elif _tail(annotation).endswith(("Config", "Settings", "Options", "Configuration")):
            return self._typed(parameter, annotation, None)
        return self._parameters([parameter]) or self._host(f"{parameter.name} ({annotation})")

    def _bound(self, annotation: str | None) -> str | None:
        """What a class gives to its generic base for a type variable, where it gives one thing."""
        if annotation is None or not annotation.isidentifier():
            return annotation
        if isinstance(self.project.resolve(self.owner.file, annotation), ClassFacts | External):
            return annotation
        variables = next((_arguments(base.expression) for base in self.owner.bases if "[" in base.expression), [])
        for owner in self.facts.mro:
            for base in owner.bases if isinstance(owner, ClassFacts) else ():
                given = _arguments(base.expression)
                if base.resolved is self.owner and len(given) == len(variables) and annotation in variables:
                    return given[variables.index(annotation)]
        return annotation

    def _untyped(self, parameter: _Parameter) -> Construct:
        """A parameter without a type: what a base makes of it, or how it is used, tells what it is."""
        if self._handed_on(parameter.name) and len(self.constructors) > 1:
            owner, method = self.constructors[1]
            inherited = replace(self, owner=owner, method=method, constructors=self.constructors[1:])
            named = _named(method.node)
            if len(named) == 1 and named[0].annotation not in (None, "Any") and named[0].name == parameter.name:
                return replace(inherited._one(named[0]), inherited=owner is not self.facts)
        keys = self._keys(parameter.name)
        if keys.keys or keys.coerced is not None:
            return self._dictionary(keys, parameter)
        if parameter.name in _CONFIG_WORDS and not self._used_as_object(parameter.name):
            return self._dictionary(keys, parameter)
        parameters = self._parameters([parameter])
        return parameters or self._host(parameter.name)

    def _typed(self, parameter: _Parameter, annotation: str, model: ClassFacts | None) -> Construct:
        for extra in _EXTRA_FIELDS:
            if model is not None and extra in _fields_of(model):
                keys = self._keys(parameter.name, within=extra)
                if keys.keys or keys.coerced is not None or keys.open is not None:
                    return self._generic(parameter, annotation, model, extra, keys)
        if not self._at_hand(annotation):
            return self._host(f"{parameter.name} ({annotation}, which is imported for type checkers only)")
        return Construct(
            "typed-config", self.method.line, self._named(annotation), self._given(parameter, "config")
        )

    def _generic(
        self, parameter: _Parameter, annotation: str, model: ClassFacts, extra: str, keys: KeysRead
    ) -> Construct:
        given = {extra: "settings(config)"}
        for name, required in _fields_of(model).items():
            if name == extra or not required:
                continue
            if name not in _NAME_FIELDS:
                return self._host(f"{parameter.name} ({annotation}, whose {name} has no default)")
            given[name] = quoted(self.provider_name)
        if not self._at_hand(annotation):
            return self._host(f"{parameter.name} ({annotation}, which is imported for type checkers only)")
        ordered = [*sorted(given.keys() - {extra}), extra]
        made = f"{annotation}({', '.join(f'{name}={given[name]}' for name in ordered)})"
        return self._of_keys("generic-config", keys, self._given(parameter, made))

    def _dictionary(self, keys: KeysRead, parameter: _Parameter) -> Construct:
        return self._of_keys("dictionary", keys, self._given(parameter, "settings(config)"))

    def _keywords(self, name: str) -> Construct:
        return self._of_keys("keywords", self._keys(name), "**settings(config)")

    def _of_keys(self, shape: Shape, keys: KeysRead, arguments: str) -> Construct:
        line = self.method.line
        if keys.coerced is not None and not keys.keys and keys.open is None:
            made = self.project.resolve(self.owner.file, keys.coerced)
            name = ast.unparse(keys.coerced)
            if isinstance(made, ClassFacts) and _is_model(made) and self._at_hand(name):
                return Construct(shape, line, self._named(name), arguments)
        if keys.coerced is not None or keys.open is not None or not all(is_field(name) for name in keys.keys):
            return Construct(shape, line, "dict[str, Any]", arguments)
        return Construct(shape, line, "", arguments, tuple(_ordered([_field(key) for key in keys.keys.values()])))

    def _parameters(self, named: list[_Parameter]) -> Construct | None:
        """A constructor whose parameters are plain values is configured with them."""
        fields: list[Field] = []
        for each in named:
            if each.annotation is not None:
                plain = _PLAIN.fullmatch(_without_none(each.annotation)) is not None
            else:
                plain = _PLAIN_WORDS.fullmatch(each.name) is not None and not self._used_as_object(each.name)
            literal = each.default is not None and each.default != "None" and _type_of(each.default) is not None
            if not (plain or literal) or each.positional_only or not is_field(each.name):
                return None
            annotation = each.annotation or _type_of(each.default or "")
            fields.append(_field_of(each.name, annotation, each.default, required=each.default is None))
        return Construct("parameters", self.method.line, "", "**settings(config)", tuple(_ordered(fields)))

    def _given(self, parameter: _Parameter, value: str) -> str:
        return f"{parameter.name}={value}" if parameter.keyword_only else value

    def _keys(self, parameter: str, within: str | None = None) -> KeysRead:
        constructors: list[tuple[Function, str | None]] = [(self.method.node, parameter)]
        if self._handed_on(parameter):
            for _, method in self.constructors[1:]:
                named = [each.name for each in _named(method.node)]
                keywords = method.node.args.kwarg
                name = named[0] if named else keywords.arg if keywords is not None else None
                constructors.append((method.node, name))
        seen = {"__init__"}
        others: list[Function] = []
        for owner in self.facts.mro:
            if isinstance(owner, ClassFacts):
                others += [each.node for name, each in owner.methods.items() if name not in seen]
                seen |= owner.methods.keys()
        return self._with_handed(keys_read(constructors, others, within))

    def _with_handed(self, keys: KeysRead) -> KeysRead:
        """Add what those read that are built with the dictionary."""
        for expression in keys.handed:
            made = self.project.resolve(self.owner.file, expression)
            constructors = (
                list(_constructors(made)) if isinstance(made, ClassFacts) and made is not self.facts else []
            )
            named = _named(constructors[0][1].node) if constructors else []
            if not isinstance(made, ClassFacts) or not named or self.depth > 3:
                keys.open = keys.open or expression.lineno
                continue
            owner, method = constructors[0]
            inner = replace(
                self, facts=made, owner=owner, method=method, constructors=constructors, depth=self.depth + 1
            )
            read = inner._keys(named[0].name)
            keys.open = keys.open or read.open
            if read.coerced is not None:
                keys.open = keys.open or expression.lineno
            for name, key in read.keys.items():
                if name in keys.keys:
                    keys.keys[name].required |= key.required
                    keys.keys[name].defaults |= key.defaults
                else:
                    keys.keys[name] = key
        return keys

    def _handed_on(self, parameter: str) -> bool:
        """Whether the constructor gives a parameter to its base's."""
        for node in ast.walk(self.method.node):
            match node:
                case ast.Call(func=ast.Attribute(attr="__init__")):
                    if any(isinstance(each, ast.Name) and each.id == parameter for each in ast.walk(node)):
                        return True
                case _:
                    pass
        return False

    def _used_as_object(self, parameter: str) -> bool:
        """Whether anything but a dictionary's method is asked of a parameter."""
        return any(
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == parameter
            and node.attr not in {"get", "items", "keys", "values", "pop", "copy", "setdefault", "update"}
            for node in ast.walk(self.method.node)
        )

    def _looks_like_config(self, parameter: _Parameter) -> bool:
        annotation = parameter.annotation or ""
        if _DICTIONARY.fullmatch(annotation) or _tail(annotation).endswith(("Config", "Settings", "Options")):
            return True
        return parameter.name in _CONFIG_WORDS

    def _at_hand(self, annotation: str) -> bool:
        """Whether the class's own file binds a type's name when it runs, not for type checkers only."""
        return annotation.partition(".")[0] in _bound_at_run_time(self.owner.file.tree)

    def _named(self, config: str) -> str:
        """A config's type as source that can stand among the bases: in quotes if it is defined further down."""
        before = [each for each in _body(self.owner.file.tree) if each.lineno < self.owner.line]
        return config if config.partition(".")[0] in _bound_at_run_time(ast.Module(before, [])) else f'"{config}"'


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    line: int
    annotation: str | None
    default: str | None
    keyword_only: bool = False
    positional_only: bool = False


def _named(node: Function) -> list[_Parameter]:
    """The parameters of a method that have names, without the first."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + [*arguments.defaults]
    found = [
        _Parameter(
            each.arg,
            each.lineno,
            _annotation(each),
            _source(default),
            positional_only=index < len(arguments.posonlyargs),
        )
        for index, (each, default) in enumerate(zip(positional, defaults, strict=True))
    ][1:]
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_Parameter(each.arg, each.lineno, _annotation(each), _source(default), keyword_only=True))
    return found


def _annotation(parameter: ast.arg) -> str | None:
    node = parameter.annotation
    if node is None:
        return None
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)
    return _without_none(text)


def _arguments(base: str) -> list[str]:
    """What stands in the brackets of a base: ``["dict", "int"]`` of ``Box[dict, int]``."""
    match ast.parse(base, mode="eval").body:
        case ast.Subscript(slice=ast.Tuple(elts=elements)):
            return [ast.unparse(each) for each in elements]
        case ast.Subscript(slice=element):
            return [ast.unparse(element)]
        case _:
            return []


def _without_none(annotation: str) -> str:
    text = annotation.strip()
    if match := re.fullmatch(r"(?:typing\.|t\.)?Optional\[(.*)\]", text, re.DOTALL):
        return match[1].strip()
    return re.sub(r"^None\s*\|\s*|\s*\|\s*None$", "", text)


def _source(node: ast.expr | None) -> str | None:
    return None if node is None else ast.unparse(node)


def _tail(annotation: str) -> str:
    return annotation.rpartition(".")[2]


def _externals(model: ClassFacts) -> list[str]:
    return [qualified for each in model.mro if (qualified := getattr(each, "qualified", None)) is not None]


def _is_model(model: ClassFacts) -> bool:
    """Whether a class is there to hold values: a dataclass, a pydantic model, an attrs class."""
    if any(each.startswith(("pydantic", "msgspec")) for each in _externals(model)):
        return True
    decorators = {each for base in model.mro if isinstance(base, ClassFacts) for each in base.decorators}
    if any(
        each.partition("(")[0].endswith(("dataclass", "attr.s", "attrs.define", "attr.define", "define"))
        for each in decorators
    ):
        return True
    return model.name.endswith(("Config", "Settings", "Options")) and not model.methods.keys() - {
        "__init__",
        "__repr__",
    }


def _fields_of(model: ClassFacts) -> dict[str, bool]:
    """The fields of a model, and whether each must be given."""
    found: dict[str, bool] = {}
    for owner in reversed([each for each in model.mro if isinstance(each, ClassFacts)]):
        for statement in owner.node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)) if "ClassVar" not in ast.unparse(
                    statement.annotation
                ):
                    found[name] = _must_be_given(statement.value)
                case _:
                    pass
    return found


def _must_be_given(value: ast.expr | None) -> bool:
    if value is None:
        return True
    if isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in {"Field", "field", "ib"}:
        if value.args:
            return ast.unparse(value.args[0]) == "..."
        return not any(each.arg in {"default", "default_factory", "factory"} for each in value.keywords)
    return False


def _body(tree: ast.Module | None) -> list[ast.stmt]:
    return [] if tree is None else tree.body


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


def _field(key: Key) -> Field:
    default = next(iter(key.defaults)) if len(key.defaults) == 1 and not key.required else None
    annotation = key.annotation
    if default is not None and default != "None" and _type_of(default) is None:
        default = "None"  # the constructor's own takes its place
    if not key.required and default is None:
        default = "None"
    return _field_of(
        key.name, annotation or (_type_of(default) if default else None), default, required=key.required
    )


def _field_of(name: str, annotation: str | None, default: str | None, *, required: bool) -> Field:
    kept = _without_none(annotation) if annotation else ""
    if not _KEPT_ANNOTATION.fullmatch(kept):
        kept = "Any"
    if kept == "Any" and default in (None, "None"):
        kept = "str" if _TEXT_WORDS.fullmatch(name) else "int" if _NUMBER_WORDS.fullmatch(name) else "Any"
    if is_secret(name) and kept in ("Any", "str"):
        return Field(name, "SecretStr" if required else "SecretStr | None", None if required else "None")
    if required:
        return Field(name, kept, None)
    if default is None or default == "None" or _type_of(default) is None:
        return Field(name, kept if kept == "Any" else f"{kept} | None", "None")
    return Field(name, kept, quoted(ast.literal_eval(default)) if kept == "str" else default)


def _type_of(default: str) -> str | None:
    """The type of a literal; None if the source is no literal of a plain type."""
    try:
        value = ast.literal_eval(default)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return type(value).__name__ if type(value) in (str, int, float, bool) else None


def quoted(text: str) -> str:
    """A string as source, in double quotes where that is as easy to read."""
    source = repr(text)
    return source if '"' in text or "\\" in source else f'"{text}"'


def _ordered(fields: list[Field]) -> list[Field]:
    """What must be given first, as a dataclass wants it."""
    return sorted(fields, key=lambda each: each.default is not None)
