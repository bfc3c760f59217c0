"""How classes are built, and which typed config that gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrate.rewrite.conftest import Converted


def constructor(parameters: str, *lines: str) -> str:
    body = "\n".join(f"        {line}" for line in lines or ("self.kept = True",))
    return f"class Thing:\n    def __init__(self{parameters}):\n{body}\n\n    LIFECYCLE\n"


def config_of(text: str) -> list[str]:
    """The fields of the config class in a text."""
    body = text.partition("class ThingConfig:")[2].partition('"""\n\n')[2].partition("\n\n\n")[0]
    return [line.strip() for line in body.splitlines()]


@pytest.mark.parametrize(
    ("parameters", "lines", "fields"),
    [
        (", config", ["self.path = config['path']"], ["path: str"]),
        (", config", ["self.port = config.get('server_port')"], ["server_port: int | None = None"]),
        (", config", ["self.size = config.get('size', 10)"], ["size: int = 10"]),
        (", config", ["self.rate = config.get('rate', 0.5)"], ["rate: float = 0.5"]),
        (", config", ["self.name = config.get('name', 'a \"b\"')"], ["name: str = 'a \"b\"'"]),
        (", config", ["self.size = int(config['size'])"], ["size: int"]),
        (", config", ["self.size: int = config['size']"], ["size: int"]),
        (", config", ["self.size: Fancy = config['size']"], ["size: Any"]),
        (", config", ["self.size = config.get('size')"], ["size: Any = None"]),
        (", config", ["self.size = int(config.get('size') or 3)"], ["size: Any = None"]),
        (", config", ["self.items = config.get('items', [])"], ["items: Any = None"]),
        (", config", ["self.when = config.get('when', now())"], ["when: Any = None"]),
        (", config", ["self.a = config.get('a', 1)", "self.b = config.get('a', 2)"], ["a: Any = None"]),
        (", config", ["self.a = config['a'] if 'a' in config else 4"], ["a: Any = None"]),
        (", config", ["self.a = config.pop('a')", "self.b = config.pop('b', True)"], ["a: Any", "b: bool = True"]),
        (", config", ["self.a = config.setdefault('a', 3)", "config['b'] = 4"], ["a: int = 3"]),
        (", config", ["self.b = config.get('b', 1)", "self.a = config['a']"], ["a: Any", "b: int = 1"]),
        (", config", ["self.key = config['api_key']"], ["api_key: SecretStr"]),
        (", config", ["self.key = config.get('password', 'x')"], ["password: SecretStr | None = None"]),
        (", config", ["self.key = config.get('max_tokens', 5)"], ["max_tokens: int = 5"]),
        (", config=None", ["self.config = config or {}", "self.a = self.config.get('a', 1)"], ["a: int = 1"]),
        (
            ", config=None",
            ["if config is None:", "    config = {}", "self.a = config.get('a', 1)"],
            ["a: int = 1"],
        ),
        (", config=None", ["if not config:", "    return", "self.a = config.get('a', 1)"], ["a: int = 1"]),
        (", config=None", ["config = dict(config or {})", "self.a = config['a']"], ["a: Any"]),
        (", config=None", ["mine = config.copy() if config else {}", "self.a = mine['a']"], ["a: Any"]),
        (", config", ["self.config = {**config}", "self.a = self.config['a']"], ["a: Any"]),
        (", config: dict", ["self.a = config['a']"], ["a: Any"]),
        (", config: 'dict[str, int] | None' = None", ["self.a = (config or {}).get('a', 3)"], []),
        (", *, config", ["self.a = config['a']"], ["a: Any"]),
        (", **config", ["self.a = config['a']"], ["a: Any"]),
        (", host, port=80", ["self.host = host"], ["host: str", "port: int = 80"]),
        (", host: str, port: int | None = None", ["self.host = host"], ["host: str", "port: int | None = None"]),
        (", path: 'Path'", ["self.path = path"], ["path: str"]),
        (", name: str = 'n', /", ["self.name = name"], []),
    ],
)
def test_the_keys_that_a_constructor_reads_are_the_fields(
    convert: Callable[..., Converted], parameters: str, lines: list[str], fields: list[str]
) -> None:
    found = convert(constructor(parameters, *lines))
    assert config_of(found.text) == fields
    assert found["Thing"].state == (
        "converted" if found["Thing"].config is not None else "converted-with-warnings"
    )


@pytest.mark.parametrize(
    ("parameters", "lines"),
    [
        (", config", ["self.client = connect(**config)"]),
        (", config", ["for key in config:", "    print(key)"]),
        (", config", ["self.a = config['not a name']"]),
        (", config", ["self.a = config['class']"]),
        (", config", ["self.a = config[0]"]),
        (", config", ["self.store = Unknown(config)"]),
        (", **kwargs", ["self.kwargs = kwargs", "print(self.kwargs)"]),
        (", config", ["self.config = config"]),
    ],
)
def test_where_there_may_be_more_keys_the_config_is_a_dictionary(
    convert: Callable[..., Converted], parameters: str, lines: list[str]
) -> None:
    found = convert(constructor(parameters, *lines))
    assert found["Thing"].config == "dict[str, Any]"
    assert "class Thing(LegacyProvider[dict[str, Any]]):" in found.text


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        (", config", "settings(config)"),
        (", *, config", "config=settings(config)"),
        (", **options", "**settings(config)"),
        (", port=1", "**settings(config)"),
        ("", ""),
    ],
)
def test_a_config_becomes_the_arguments(
    convert: Callable[..., Converted], parameters: str, arguments: str
) -> None:
    assert f"        return cls({arguments})\n" in convert(constructor(parameters)).text


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        (", *hosts", "*hosts"),
        (", client", "client"),
        (", client: Client", "client (Client)"),
        (", client, **rest", "client"),
        (", ident, metadata, config", "ident, metadata, config"),
        (", name: str, /", "name (str)"),
    ],
)
def test_what_takes_a_live_object_cannot_be_built_from_a_config(
    convert: Callable[..., Converted], parameters: str, what: str
) -> None:
    thing = convert(constructor(parameters))["Thing"]
    assert thing.state == "converted-with-warnings"
    assert thing.config is None
    assert f"its constructor takes {what}, which no configuration file can give" in thing.warnings[0].message


def test_an_untyped_config_that_is_used_as_an_object_is_a_live_object(convert: Callable[..., Converted]) -> None:
    assert convert(constructor(", config", "self.a = config.a"))["Thing"].config is None


def test_a_typed_dictionary_stays_a_dictionary(convert: Callable[..., Converted]) -> None:
    source = "from typing import TypedDict\n\nclass Keys(TypedDict):\n    a: int\n\n" + constructor(
        ", config: Keys", "self.a = config['a']"
    )
    found = convert(source)
    assert found["Thing"].config == "dict[str, Any]"


def test_a_config_from_elsewhere_is_known_by_its_name(convert: Callable[..., Converted]) -> None:
    found = convert("from elsewhere import ThingConfig\n\n\n" + constructor(", config: ThingConfig"))
    assert "class Thing(LegacyProvider[ThingConfig]):" in found.text
    assert "return cls(config)" in found.text


MODEL = """
from dataclasses import dataclass, field

@dataclass
class Model:
    size: int
"""


def test_a_config_that_is_defined_further_down_is_named_in_quotes(convert: Callable[..., Converted]) -> None:
    found = convert(constructor(", config: 'Model'") + MODEL)
    assert 'class Thing(LegacyProvider["Model"]):' in found.text
    assert 'def from_config(cls, config: "Model")' in found.text


def test_a_config_that_only_type_checkers_import_cannot_be_had(convert: Callable[..., Converted]) -> None:
    found = convert(
        models=MODEL,
        module="from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from models import Model\n\n\n"
        + constructor(", config: 'Model'"),
    )
    assert "which is imported for type checkers only" in found["Thing"].warnings[0].message


def test_a_config_imported_in_a_try_is_at_hand(convert: Callable[..., Converted]) -> None:
    found = convert(
        models=MODEL,
        module="try:\n    from models import Model\nexcept ImportError:\n    Model = None\n\n\n"
        + constructor(", config: Model"),
    )
    assert found["Thing"].config == "Model"


def test_an_assigned_name_of_a_config_is_at_hand(convert: Callable[..., Converted]) -> None:
    found = convert(models=MODEL, module="import models\n\nM = models.Model\n\n\n" + constructor(", config: M"))
    assert found["Thing"].config == "M"


@pytest.mark.parametrize("base_annotated", [True, False])
def test_a_parameter_without_a_type_has_that_of_the_base(
    convert: Callable[..., Converted], base_annotated: bool
) -> None:
    annotation = ": Model" if base_annotated else ""
    found = convert(
        base=MODEL
        + f"class Base:\n    def __init__(self, config{annotation}):\n        self.config = config\n\n    LIFECYCLE\n",
        module="from base import Base\n\n\nclass Leaf(Base):\n    def __init__(self, config):\n"
        "        super().__init__(config)\n\n    async def more(self):\n        return self.config.size\n",
    )
    assert found["Leaf"].config == ("Model" if base_annotated else "dict[str, Any]")
    assert ("class Leaf(Base):" in found.after["module.py"]) is base_annotated


def test_a_parameter_without_a_type_has_that_of_the_base_in_the_same_file(
    convert: Callable[..., Converted],
) -> None:
    found = convert(
        MODEL
        + "class Base:\n    def __init__(self, config: Model):\n        self.config = config\n\n    LIFECYCLE\n\n"
        "class Leaf(Base):\n    def __init__(self, config):\n        super().__init__(config)\n\n    LIFECYCLE\n"
    )
    assert found["Leaf"].config == "Model"


GENERIC = """
from dataclasses import dataclass, field

@dataclass
class Outer:
    name: str{more}
    config: dict = field(default_factory=dict)
"""


@pytest.mark.parametrize(
    ("more", "built"),
    [
        ("", 'Outer(name="thing", config=settings(config))'),
        ("\n    provider_type: str", 'Outer(name="thing", provider_type="thing", config=settings(config))'),
        ("\n    retries: int", None),
    ],
)
def test_a_generic_config_is_wrapped_around(
    convert: Callable[..., Converted], more: str, built: str | None
) -> None:
    source = GENERIC.format(more=more) + constructor(
        ", config: Outer",
        "self.config = config",
        "self.a = config.config['a']",
        "self.b = self.config.config.get('b', 2)",
    )
    found = convert(source)
    if built is None:
        assert "Outer, whose retries has no default" in found["Thing"].warnings[0].message
    else:
        assert f"return cls({built})" in found.text
        assert config_of(found.text) == ["a: Any", "b: int = 2"]


def test_a_generic_config_that_only_type_checkers_import_cannot_be_wrapped(
    convert: Callable[..., Converted],
) -> None:
    found = convert(
        models=GENERIC.format(more=""),
        module="from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from models import Outer\n\n\n"
        + constructor(", config: 'Outer'", "self.a = config.config['a']"),
    )
    assert found["Thing"].config is None


def test_a_generic_config_that_a_property_gives_is_followed(convert: Callable[..., Converted]) -> None:
    found = convert(
        GENERIC.format(more="")
        + "class Thing:\n    def __init__(self, config: Outer):\n        self._outer = config\n\n"
        "    @property\n    def options(self):\n        return self._outer\n\n    LIFECYCLE\n\n"
        "    async def more(self):\n        inner = self.options.config\n        return inner['a']\n"
    )
    assert config_of(found.text) == ["a: Any"]


@pytest.mark.parametrize(
    "coercion", ["Model(**config)", "Model.model_validate(config)", "Model.parse_obj(config or {})"]
)
def test_a_dictionary_that_becomes_a_model_is_configured_with_it(
    convert: Callable[..., Converted], coercion: str
) -> None:
    found = convert(MODEL + constructor(", config", f"self.config = {coercion}"))
    assert found["Thing"].config == "Model"
    assert "return cls(settings(config))" in found.text


def test_a_dictionary_that_becomes_two_models_stays_one(convert: Callable[..., Converted]) -> None:
    found = convert(MODEL + constructor(", config", "self.a = Model(**config)", "self.b = Other(**config)"))
    assert found["Thing"].config == "dict[str, Any]"


def test_what_is_built_with_the_dictionary_has_its_keys(convert: Callable[..., Converted]) -> None:
    store = """
        class Store:
            def __init__(self, options):
                self.a = options["a"]
                self.b = options.get("b", 2)
                self.c = options.get("c", 3)
    """
    found = convert(
        store=store,
        module="from store import Store\n\n\n"
        + constructor(
            ", config", "self.store = Store(config)", "self.b = config.get('b', 2)", "self.c = config['c']"
        ),
    )
    assert config_of(found.after["module.py"]) == ["c: Any", "a: Any", "b: int = 2"]


@pytest.mark.parametrize("store", ["print(options)", "self.model = Model(**options)"])
def test_what_is_built_with_the_dictionary_may_leave_it_open(
    convert: Callable[..., Converted], store: str
) -> None:
    source = f"class Store:\n    def __init__(self, options):\n        {store}\n\n\n" + constructor(
        ", config", "self.store = Store(config)", "self.a = config['a']"
    )
    assert convert(source)["Thing"].config == "dict[str, Any]"


def test_two_that_are_built_with_each_others_dictionary_end(convert: Callable[..., Converted]) -> None:
    source = """
        class One:
            def __init__(self, config):
                self.other = Two(config)

        class Two:
            def __init__(self, config):
                self.other = One(config)

        """ + constructor(", config", "self.one = One(config)").replace("\n", "\n        ")
    assert convert(source)["Thing"].config == "dict[str, Any]"


def test_what_hands_everything_on_is_built_like_its_base(convert: Callable[..., Converted]) -> None:
    found = convert(
        "class Base:\n    def __init__(self, config):\n        self.a = config['a']\n\n    LIFECYCLE\n\n"
        "class Leaf(Base):\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        "        self.more = 1\n\n    async def tell(self):\n        return self.more + self.a\n"
    )
    assert found["Leaf"].state == "converted"
    assert "class LeafConfig" in found.text


def test_a_model_with_fields_of_its_own_kind_counts_them_right(convert: Callable[..., Converted]) -> None:
    source = """
        from pydantic import BaseModel, Field

        class Outer(BaseModel):
            ident: str = Field(...)
            config: dict = Field(default_factory=dict)

        """ + constructor(", config: Outer", "self.a = config.config['a']").replace("\n", "\n        ")
    assert "whose ident has no default" in convert(source)["Thing"].warnings[0].message


def test_type_variables_are_those_of_the_base(convert: Callable[..., Converted]) -> None:
    found = convert(
        "from typing import Generic, TypeVar\n"
        + MODEL
        + "C = TypeVar('C')\n\nclass Base(Generic[C]):\n    def __init__(self, config: C):\n        self.config = config\n\n"
        "    async def initialize(self):\n        raise NotImplementedError\n\n    async def cleanup(self):\n"
        "        raise NotImplementedError\n\nclass Leaf(Base[Model]):\n    LIFECYCLE\n\nclass Bare(Base):\n    LIFECYCLE\n"
    )
    assert found["Leaf"].config == "Model"
    assert found["Bare"].config is None
