"""What the classes are that hold the values of a config: dataclasses, pydantic models and their like."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from purveyor.migrate.rewrite.fields import without_none
from purveyor.migrate.source.project import ClassFacts

__all__ = ["ModelField", "externals", "fields_of", "is_model", "takes_back"]

_DATACLASSES = ("dataclass", "attr.s", "attrs.define", "attr.define", "define")
#: Types of fields that have the same value, made from a file by pydantic or handed on as they stand in it.
_UNCHANGED = re.compile(
    r"str|int|float|bool|Any|object|(list|dict|List|Dict)(\[(str|int|float|bool|Any|object|, )+\])?"
)
#: What makes a pydantic model's values differ from what it was given, or its names from its fields'.
_OWN_WAYS = {"__init__", "__post_init__", "__attrs_post_init__", "model_post_init", "__pydantic_init_subclass__"}


@dataclass(frozen=True, slots=True)
class ModelField:
    """A field of a model.

    Args:
        annotation: The source of its type.
        value: What it is assigned in the class's body.
    """

    annotation: str
    value: ast.expr | None

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        value = self.value
        if value is None:
            return True
        if isinstance(value, ast.Call) and _tail(value.func) in {"Field", "field", "ib"}:
            if value.args:
                return ast.unparse(value.args[0]) == "..."
            return not any(each.arg in {"default", "default_factory", "factory"} for each in value.keywords)
        return False


def externals(model: ClassFacts) -> list[str]:
    """The bases of a class that are not of the tree, by their full names."""
    return [qualified for each in model.mro if (qualified := getattr(each, "qualified", None)) is not None]


def is_model(model: ClassFacts) -> bool:
    """Whether a class is there to hold values: a dataclass, a pydantic model, an attrs class."""
    if _is_pydantic(model):
        return True
    decorators = {each for base in _owners(model) for each in base.decorators}
    if any(each.partition("(")[0].endswith(_DATACLASSES) for each in decorators):
        return True
    return model.name.endswith(("Config", "Settings", "Options")) and not model.methods.keys() - {
        "__init__",
        "__repr__",
    }


def fields_of(model: ClassFacts) -> dict[str, ModelField]:
    """The fields of a model, those of its bases first."""
    found: dict[str, ModelField] = {}
    for owner in reversed(_owners(model)):
        for statement in owner.node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)):
                    annotation = ast.unparse(statement.annotation).strip("'\"")
                    if "ClassVar" not in annotation:
                        found[name] = ModelField(annotation, statement.value)
                case _:
                    pass
    return found


def takes_back(model: ClassFacts) -> bool:
    """Whether a model can be made anew from the values that one of it has.

    Such a one can stand for the dictionary of which a constructor makes it. It cannot if it takes a field by
    another name, looks at or changes what it is given, or takes more than its fields.
    """
    owners = _owners(model)
    if any(
        _OWN_WAYS & owner.methods.keys() or {"model_config", "Config"} & owner.scope.bindings.keys()
        for owner in owners
    ):
        return False
    if any(
        "validator" in each or "serializer" in each
        for one in owners
        for method in one.methods.values()
        for each in method.decorators
    ):
        return False
    pydantic = _is_pydantic(model)
    return all(_is_taken_back(field, pydantic=pydantic) for field in fields_of(model).values())


def _is_taken_back(field: ModelField, *, pydantic: bool) -> bool:
    if "InitVar" in field.annotation or "Annotated" in field.annotation:
        return False
    value = field.value
    if isinstance(value, ast.Call) and any(
        each.arg is None or "alias" in each.arg or each.arg in ("init", "converter", "exclude")
        for each in value.keywords
    ):
        return False
    return pydantic or _UNCHANGED.fullmatch(without_none(field.annotation)) is not None


def _is_pydantic(model: ClassFacts) -> bool:
    return any(each.startswith(("pydantic", "msgspec")) for each in externals(model))


def _owners(model: ClassFacts) -> list[ClassFacts]:
    return [each for each in model.mro if isinstance(each, ClassFacts)]


def _tail(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]
