"""Configs reach legacy constructors in the form that they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import pytest
from pydantic import BaseModel, ConfigDict

from purveyor.errors import ConstructionError
from purveyor.migrate import LegacyProvider
from purveyor.migrate.building import constructor

if TYPE_CHECKING:
    from nowhere import Unknown  # type: ignore[import-not-found]


class Model(BaseModel):
    model: str
    temperature: float = 0.5


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    model: str = "m"


class Generic(BaseModel):
    config: dict[str, Any]


@dataclass
class Named:
    name: str
    type: str
    config: dict[str, Any] = field(default_factory=dict)


class Given:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


def taking(function: Any) -> Any:
    """A class with this constructor, less the object."""
    return type("Thing", (), {"__init__": function, "__module__": __name__})


def init_keywords(self: Any, path: str, size: int = 3) -> None:
    self.got = {"path": path, "size": size}


def init_mixed(self: Any, hosts: list[str], retries: Any = 3) -> None:
    self.got = hosts, retries


def init_any(self: Any, **config: Any) -> None:
    self.got = config


def init_plain(self: Any, config: Any) -> None:
    self.got = config


def init_settings(self: Any, settings: dict[str, Any]) -> None:
    self.got = settings


def init_keyword_only(self: Any, *, options: Mapping[str, Any]) -> None:
    self.got = options


def init_optional(self: Any, config: dict[str, Any] | None = None) -> None:
    self.got = config


def init_optional_new(self: Any, config: dict[str, Any] | None = None, *, retries: int = 3) -> None:
    self.got = config


def init_model(self: Any, config: Model) -> None:
    self.got = config


def init_open(self: Any, model_settings: Open) -> None:
    self.got = config = model_settings
    assert config


def init_generic(self: Any, config: Generic | None) -> None:
    self.got = config


def init_named(self: Any, config: Named) -> None:
    self.got = config


def init_unknown(self: Any, config: Unknown) -> None:
    self.got = config


def init_object(self: Any, config: object) -> None:
    self.got = config


def init_annotated(self: Any, config: Annotated[Model | None, "of the model"]) -> None:
    self.got = config


def init_optionally_annotated(self: Any, config: Optional[Annotated[Model, "of the model"]] = None) -> None:  # noqa: UP045
    self.got = config


def init_text(self: Any, settings: str) -> None:
    self.got = settings


def init_file(self: Any, config: Path, options: dict[str, Any] | None = None) -> None:
    self.got = config


def init_opaque(self: Any, config: Opaque) -> None:
    self.got = config


class Opaque:
    __signature__ = "none"


# As they are without the future import: the annotation itself, and not its text.
init_annotated.__annotations__["config"] = Annotated[Model | None, "of the model"]
init_optionally_annotated.__annotations__["config"] = Optional[Annotated[Model, "of the model"]]  # noqa: UP045


def init_with_more(self: Any, config: dict[str, Any], host: str) -> None:
    self.got = config, host


def init_nothing(self: Any) -> None:
    self.got = "nothing"


CONFIG = {"path": "p"}


@pytest.mark.parametrize(
    ("init", "config", "got"),
    [
        (init_keywords, CONFIG, {"path": "p", "size": 3}),
        (init_mixed, {"hosts": ["h"]}, (["h"], 3)),
        (init_any, CONFIG, CONFIG),
        (init_any, None, {}),
        (init_plain, CONFIG, CONFIG),
        (init_plain, None, {}),
        (init_settings, CONFIG, CONFIG),
        (init_keyword_only, CONFIG, CONFIG),
        (init_optional, CONFIG, CONFIG),
        (init_optional, None, None),
        (init_optional_new, CONFIG, CONFIG),
        (init_optional_new, {}, None),
        (init_model, {"model": "x"}, Model(model="x")),
        (init_model, Model(model="y"), Model(model="y")),
        (init_open, {"model": "x", "other": 1}, Open(model="x", other=1)),  # type: ignore[call-arg]
        (init_generic, CONFIG, Generic(config=CONFIG)),
        (init_generic, {"config": CONFIG}, {"config": CONFIG}),
        (init_named, CONFIG, Named("n", "n", CONFIG)),
        (init_named, {"name": "a", "type": "b"}, Named("a", "b")),
        (init_unknown, CONFIG, CONFIG),
        (init_object, CONFIG, CONFIG),
        (init_annotated, {"model": "x"}, Model(model="x")),
        (init_optionally_annotated, {"model": "x"}, Model(model="x")),
        (init_text, {"settings": "file.ini"}, "file.ini"),
        (init_file, {"config": Path("file.ini")}, Path("file.ini")),
        (init_with_more, {"config": CONFIG, "host": "h"}, (CONFIG, "h")),
        (init_nothing, None, "nothing"),
    ],
)
def test_the_form_is_found_from_the_signature(init: Any, config: Any, got: Any) -> None:
    cls = taking(init)
    built = constructor(cls, config, "n")()
    if init is init_generic and "config" in config:  # what is named as the parameter is meant for it
        assert built.got == CONFIG
    else:
        assert built.got == got


@pytest.mark.parametrize("init", [init_plain, init_unknown, init_object])
def test_a_generic_config_is_used_where_nothing_else_is_said(init: Any) -> None:
    assert constructor(taking(init), CONFIG, "n", Generic)().got == Generic(config=CONFIG)


def test_a_dictionary_stays_one_though_there_are_generic_configs() -> None:
    assert constructor(taking(init_settings), CONFIG, "n", Generic)().got == CONFIG


@pytest.mark.parametrize(
    ("cls", "config", "text"),
    [
        (
            taking(init_keywords),
            {"folder": "S3CRET"},
            r"Thing\(path, size\): it cannot be built from the keys folder",
        ),
        (taking(init_keywords), None, "from an empty config; register a function"),
        (taking(init_nothing), {"a": 1}, r"Thing\(\): it cannot be built from the keys a"),
        (taking(init_nothing), Model(model="x"), "from an empty config"),
        (
            taking(init_model),
            {"temperature": 1},
            r"Model\(.*model.*\): it cannot be built from the keys temperature",
        ),
        (taking(init_with_more), {"a": 1}, "the keys a"),
        (taking(init_text), {"a": 1}, r"Thing\(settings\): it cannot be built from the keys a"),
        (taking(init_file), {"a": 1}, r"Thing\(config, options\): it cannot be built from the keys a"),
        (taking(init_opaque), {"a": 1}, r"Thing\(config\): it cannot be built from the keys a"),
        (type("Bare", (), {}), {"a": 1}, "Bare"),
        (type("Converted", (LegacyProvider,), {}), {"a": 1}, "Converted"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_keys(cls: Any, config: Any, text: str) -> None:
    with pytest.raises(ConstructionError, match=text) as caught:
        constructor(cls, config, "n")
    assert "S3CRET" not in str(caught.value)


def test_functions_and_what_does_not_tell_are_called_with_the_config() -> None:
    def build(path: str) -> str:
        return path

    def typed(config: Model) -> Model:
        return config

    assert constructor(build, CONFIG, "n")() == "p"
    assert constructor(typed, {"model": "x"}, "n")() == Model(model="x")
    assert constructor(Given, CONFIG, "n")().kwargs == CONFIG
    assert constructor(Given, Model(model="x"), "n")().args == (Model(model="x"),)
    assert constructor(dict, CONFIG, "n")() == CONFIG
    opaque = type("Opaque", (dict,), {"__signature__": "none"})
    assert constructor(opaque, CONFIG, "n")() == CONFIG
    assert constructor(opaque, [("a", 1)], "n")() == {"a": 1}
