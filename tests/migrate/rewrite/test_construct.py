"""How classes are built, and which typed config that gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from purveyor.migrate.rewrite.construct import construct_of
from purveyor.migrate.source import read_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
        (", config", ["self.a = config.setdefault('a', 3)", "config['b'] = 4"], ["a: int | float = 3"]),
        (", config", ["self.b = config.get('b', 1)", "self.a = config['a']"], ["a: Any", "b: int | float = 1"]),
        (", config", ["self.key = config['api_key']"], ["api_key: SecretStr"]),
        (", config", ["self.key = config.get('password', 'x')"], ["password: SecretStr | None = None"]),
        (", config", ["self.key = config.get('max_tokens', 5)"], ["max_tokens: int = 5"]),
        (
            ", config=None",
            ["self.config = config or {}", "self.a = self.config.get('a', 1)"],
            ["a: int | float = 1"],
        ),
        (
            ", config=None",
            ["if config is None:", "    config = {}", "self.a = config.get('a', 1)"],
            ["a: int | float = 1"],
        ),
        (", config=None", ["if not config:", "    return", "self.a = config.get('a', 1)"], ["a: int | float = 1"]),
        (", config=None", ["config = dict(config or {})", "self.a = config['a']"], ["a: Any"]),
        (", config=None", ["mine = config.copy() if config else {}", "self.a = mine['a']"], ["a: Any"]),
        (", config", ["self.config = {**config}", "self.a = self.config['a']"], ["a: Any"]),
        (", config: dict", ["self.a = config['a']"], ["a: Any"]),
        (", config: 'dict[str, int] | None' = None", ["self.a = (config or {}).get('a', 3)"], []),
        (", *, config", ["self.a = config['a']"], ["a: Any"]),
        (", **config", ["self.a = config['a']"], ["a: Any"]),
        (", host, port=80", ["self.host = host"], ["host: str", "port: int = 80"]),
        (", host: str, port: int | None = None", ["self.host = host"], ["host: str", "port: int | None = None"]),
        (", path: 'Path'", ["self.path = path"], ["path: Path"]),
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


@pytest.mark.parametrize(
    "call", ["super().__init__(config)", "super().__init__(config=config)", "Base.__init__(self, config)"]
)
@pytest.mark.parametrize("base_annotated", [True, False])
def test_a_parameter_without_a_type_has_that_of_the_base(
    convert: Callable[..., Converted], base_annotated: bool, call: str
) -> None:
    annotation = ": Model" if base_annotated else ""
    found = convert(
        base=MODEL
        + f"class Base:\n    def __init__(self, config{annotation}):\n        self.config = config\n\n    LIFECYCLE\n",
        module="from base import Base\n\n\nclass Leaf(Base):\n    def __init__(self, config):\n"
        f"        {call}\n\n    async def more(self):\n        return self.config.size\n",
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
        assert config_of(found.text) == ["a: Any", "b: int | float = 2"]


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
    assert config_of(found.text) == ["a: Any = None"]


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
    assert config_of(found.after["module.py"]) == ["c: Any", "a: Any", "b: int | float = 2"]


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


def test_a_generic_parameter_is_what_the_class_in_between_says(convert: Callable[..., Converted]) -> None:
    base = (
        "from typing import Generic, TypeVar\n\nC = TypeVar('C')\n\n\nclass Base(Generic[C]):\n"
        "    def __init__(self, config: C):\n        self.config = config\n\n"
        "    async def initialize(self):\n        raise NotImplementedError\n\n    async def cleanup(self):\n"
        "        raise NotImplementedError\n"
    )
    found = convert(
        base=base,
        models=MODEL,
        module="from base import Base\nfrom models import Model\n\n\nclass Leaf(Base[Model]):\n    LIFECYCLE\n",
    )
    assert "class Leaf(Base[Model], LegacyProvider[Model]):" in found.after["module.py"]


ABSTRACT = """
from abc import ABC, abstractmethod

class Base(ABC):
    def __init__(self, config: {0}):
        self.config = config
        self.a = config.{1}

    @abstractmethod
    async def initialize(self): ...

    @abstractmethod
    async def cleanup(self): ...
"""


def test_a_config_that_only_the_bases_file_has_is_named_there(convert: Callable[..., Converted]) -> None:
    found = convert(
        base=MODEL + ABSTRACT.format("Model", "size"),
        module="from base import Base\n\n\nclass Leaf(Base):\n    LIFECYCLE\n",
    )
    assert "class Base(LegacyProvider[Model], ABC):" in found.after["base.py"]
    assert "Model" not in found.after["module.py"]
    assert found["Leaf"].config == "Model"


def test_a_config_that_is_called_something_else_here_is_not_taken_for_it(
    convert: Callable[..., Converted],
) -> None:
    found = convert(
        base=MODEL + ABSTRACT.format("Model", "size"),
        module="from base import Base\n\nModel = 3\n\n\nclass Leaf(Base):\n    LIFECYCLE\n",
    )
    assert "[Model]" not in found.after["module.py"]


def test_a_generic_config_that_only_the_bases_file_has_cannot_be_wrapped(
    convert: Callable[..., Converted],
) -> None:
    found = convert(
        base=GENERIC.format(more="") + ABSTRACT.format("Outer", "config['a']"),
        module="from base import Base\n\n\nclass Leaf(Base):\n    LIFECYCLE\n",
    )
    assert "(Outer, which its file does not import)" in found["Leaf"].warnings[0].message


def test_a_config_in_another_module_is_named_in_quotes(convert: Callable[..., Converted]) -> None:
    found = convert(models=MODEL, module="import models\n\n\n" + constructor(", config: models.Model"))
    assert 'class Thing(LegacyProvider["models.Model"]):' in found.text


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        (", logger=None, config=None", "config=settings(config)"),
        (", config=None, logger=None", "settings(config)"),
        (", config=None, /, logger=None", "settings(config)"),
        (", loop=None, *, config: dict = None", "config=settings(config)"),
    ],
)
def test_a_config_is_given_to_the_parameter_that_is_one(
    convert: Callable[..., Converted], parameters: str, arguments: str
) -> None:
    assert f"        return cls({arguments})\n" in convert(constructor(parameters, "self.a = (config or {})")).text


def test_a_config_that_only_its_place_gives_cannot_be_given(convert: Callable[..., Converted]) -> None:
    assert convert(constructor(", logger=None, config=None, /"))["Thing"].config is None


@pytest.mark.parametrize(
    ("lines", "built"),
    [
        (["self.path = kwargs.get('path', 'd')"], ['path: str = "d"']),
        (["self.path = kwargs.pop('path')", "super().__init__(*args, **kwargs)"], None),
        (["self.args = args"], None),
        (["print(args)", "super().__init__(*args, **kwargs)"], None),
    ],
)
def test_what_takes_anything_and_reads_it_is_no_mere_relay(
    convert: Callable[..., Converted], lines: list[str], built: list[str] | None
) -> None:
    found = convert(constructor(", *args, **kwargs", *lines))
    if built is None:
        assert "its constructor takes *args" in found["Thing"].warnings[0].message
    else:
        assert config_of(found.text) == built
        assert "return cls(**settings(config))" in found.text


BASE = "class Base:\n    def __init__(self, {}):\n        {}\n\n    LIFECYCLE\n\n\n"


def derived(parameters: str, *lines: str) -> str:
    return constructor(parameters, *lines).replace("class Thing:", "class Thing(Base):")


@pytest.mark.parametrize(
    ("base", "body", "parameters", "line", "fields"),
    [
        ("host, port=80", "self.host = host", ", **kw", "super().__init__(**kw)", ["host: str", "port: int = 80"]),
        (
            "host, port: 'int | None' = None, **more",
            "self.a = more['a']",
            ", **kw",
            "super().__init__(**kw)",
            ["a: Any", "host: str", "port: int | None = None"],
        ),
        ("options", "self.a = options['a']", ", config", "super().__init__(config)", ["a: Any"]),
        ("x, options", "self.a = options['a']", ", config", "super().__init__(1, config)", ["a: Any"]),
        ("x, options", "self.a = options['a']", ", config", "super().__init__(1, options=config)", ["a: Any"]),
        ("options", "self.a = options['a']", ", config", "Base.__init__(self, config or {})", []),
        ("a", "self.a = a['b']", ", config", "super().__init__(config['a'])", ["a: Any"]),
        ("a=1", "self.a = a", ", config", "super().__init__(a=config.get('a'))", ["a: Any = None"]),
    ],
)
def test_what_a_base_is_given_is_known_by_its_name(
    convert: Callable[..., Converted], base: str, body: str, parameters: str, line: str, fields: list[str]
) -> None:
    found = convert(BASE.format(base, body) + derived(parameters, line))
    assert config_of(found.text) == fields


def test_a_base_that_is_given_keywords_may_want_what_no_file_has(convert: Callable[..., Converted]) -> None:
    found = convert(BASE.format("client: Client", "self.a = client") + derived(", **kw", "super().__init__(**kw)"))
    assert found["Thing"].config == "dict[str, Any]"


def test_what_is_only_sometimes_built_with_the_dictionary_requires_nothing(
    convert: Callable[..., Converted],
) -> None:
    found = convert(
        "class Store:\n    def __init__(self, options):\n        self.a = options['a']\n        self.b = options.get('b', 2)\n\n\n"
        + constructor(", config", "if config.get('b', 2):", "    self.store = Store(config)")
    )
    assert config_of(found.text) == ["b: int | float = 2", "a: Any = None"]


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("class M(BaseModel):\n    a: int = 1\n    key: SecretStr = SecretStr('')", True),
        ("class M(BaseModel):\n    a: int = Field(1, ge=0)", True),
        ("class M(BaseModel):\n    a: int = Field(1, alias='b')", False),
        ("class M(BaseModel):\n    a: int = Field(1, **more)", False),
        ("class M(BaseModel):\n    model_config = {'extra': 'allow'}\n    a: int = 1", False),
        ("class M(BaseModel):\n    class Config:\n        extra = 'allow'\n    a: int = 1", False),
        (
            "class M(BaseModel):\n    a: int = 1\n\n    @field_validator('a')\n    def check(cls, a):\n        return a",
            False,
        ),
        ("class M(BaseModel):\n    a: int = 1\n\n    def model_post_init(self, context):\n        pass", False),
        ("class M(BaseModel):\n    a: Annotated[int, Field(alias='b')] = 1", False),
        ("@dataclass\nclass M:\n    a: int = 1\n    b: dict[str, Any] | None = None", True),
        (
            "@dataclass\nclass M:\n    a: int = field(default=1)\n    b: 'list[str]' = field(default_factory=list)",
            True,
        ),
        ("@dataclass\nclass M:\n    a: int = field(default=1, init=False)", False),
        ("@dataclass\nclass M:\n    a: InitVar[int] = 1", False),
        ("@dataclass\nclass M:\n    key: SecretStr | None = None", False),
        ("@dataclass\nclass M:\n    path: Path = Path('.')", False),
        ("@dataclass\nclass M:\n    a: int = 1\n\n    def __post_init__(self):\n        self.a += 1", False),
    ],
)
def test_a_model_stands_for_the_dictionary_if_it_can_be_made_of_its_own_values(
    convert: Callable[..., Converted], source: str, taken: bool
) -> None:
    imports = (
        "from dataclasses import InitVar, dataclass, field\nfrom pathlib import Path\nfrom typing import Annotated, Any\n"
        "from pydantic import BaseModel, Field, SecretStr, field_validator\n\n\n"
    )
    found = convert(f"{imports}{source}\n\n\n" + constructor(", **config", "self.config = M(**config)"))
    assert found["Thing"].config == ("M" if taken else "dict[str, Any]")


def test_a_generic_config_whose_type_is_no_text_cannot_be_filled_in(convert: Callable[..., Converted]) -> None:
    source = GENERIC.format(more="\n    type: Kind") + constructor(
        ", config: Outer", "self.a = config.config['a']"
    )
    assert "Outer, whose type has no default" in convert(source)["Thing"].warnings[0].message


ONLY_CODE = "its key 'type' is one of Purveyor's own in a provider's table: only code can give it"
CALLED = "its key 'type' is one of Purveyor's own in a provider's table: there it is called 'type_'"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("class P:\n\n    def __init__(self, config):\n        self.a = config.get('type')\n", CALLED),
        ("class P:\n\n\n    def __init__(self, type='x', port=80):\n        self.a = type\n", CALLED),
        (
            "from elsewhere import *\nclass P:\n\n    def __init__(self, config: Model):\n        self.a = config\n",
            ONLY_CODE,
        ),
        (
            "from elsewhere import *\nclass P:\n\n    def __init__(self, **kw):\n        self.a = Model(**kw)\n",
            ONLY_CODE,
        ),
    ],
)
def test_keys_that_say_something_to_purveyor_are_told(tmp_path: Path, source: str, text: str) -> None:
    model = "\n\nfrom dataclasses import dataclass\n\n@dataclass\nclass Model:\n    type: str = 'x'\n"
    (tmp_path / "module.py").write_text(source + model)
    project = read_project(tmp_path)
    facts = next(each for each in project.classes if each.name == "P")
    assert [*construct_of(facts, project, "p").warnings] == [(4, "reserved-key", text)]


def test_a_reserved_key_of_a_model_that_must_be_given_is_told_as_such(tmp_path: Path) -> None:
    source = "class P:\n    def __init__(self, config: Model):\n        self.a = config\n"
    model = "\n\nfrom dataclasses import dataclass\n\n@dataclass\nclass Model:\n    type: str\n"
    (tmp_path / "module.py").write_text(source + model)
    project = read_project(tmp_path)
    facts = next(each for each in project.classes if each.name == "P")
    ((_, _, text),) = construct_of(facts, project, "p").warnings
    assert text.endswith("only code can give it, and it must be given")


@pytest.mark.parametrize(
    ("parameters", "lines", "given"),
    [
        (", config", ["self.a = config['type']"], 'settings(config, type_="type")'),
        (", type: str", ["self.a = type"], '**settings(config, type_="type")'),
        (", config", ["self.a = config['type'] + config['type_']"], 'settings(config, type__="type")'),
        (", config", ["self.a = config['type']", "look(config)"], 'settings(config, type_="type")'),
        (", **kw", ["self.a = Model(**kw)"], '**settings(config, type_="type")'),
        (", config", ["self.a = config['path'], config['labels']"], 'settings(config, labels_="labels")'),
    ],
)
def test_a_key_of_a_providers_table_gets_another_name_there(
    convert: Callable[..., Converted], parameters: str, lines: list[str], given: str
) -> None:
    model = "from dataclasses import dataclass\n\n@dataclass\nclass Model:\n    type: str\n\n"
    found = convert(model + constructor(parameters, *lines))
    assert f"        return cls({given})\n" in found.text
    fields = config_of(found.text)
    if fields:  # else its config is a dictionary
        assert any(given.partition("config, ")[2].partition("=")[0] == each.partition(":")[0] for each in fields)
        assert not any(each.startswith(("type:", "labels:")) for each in fields)


def test_a_class_without_a_constructor_needs_no_config(convert: Callable[..., Converted]) -> None:
    found = convert("class Thing:\n    LIFECYCLE\n")
    assert "class Thing(LegacyProvider[None]):" in found.text
    assert "        return cls()\n" in found.text


@pytest.mark.parametrize(
    ("model", "config"),
    [
        ("class Plain:\n    def work(self):\n        return 1", None),
        ("class PlainConfig:\n    def work(self):\n        return 1", None),
        ("class PlainConfig:\n    size = 1", "PlainConfig"),
        ("@dataclass\nclass Plain:\n    '''Values.'''\n\n    known: ClassVar[int] = 3\n    config: dict", "Plain"),
        ("class Plain(msgspec.Struct):\n    size: int", "Plain"),
    ],
)
def test_a_config_is_a_class_that_holds_values(
    convert: Callable[..., Converted], model: str, config: str | None
) -> None:
    name = model.partition("class ")[2].partition(":")[0].partition("(")[0]
    imports = "import msgspec\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n\n\n"
    found = convert(imports + f"{model}\n\n\n" + constructor(f", config: {name}", "self.a = config.size"))
    assert found["Thing"].config == config


@pytest.mark.parametrize(("given", "config"), [("[int, Model]", "Model"), ("[int]", None)])
def test_of_several_type_variables_the_constructors_is_meant(
    convert: Callable[..., Converted], given: str, config: str | None
) -> None:
    found = convert(
        "from typing import Generic, TypeVar\n"
        + MODEL
        + "A = TypeVar('A')\nC = TypeVar('C')\n\nclass Base(Generic[A, C]):\n    def __init__(self, config: C):\n"
        "        self.config = config\n\n    async def initialize(self):\n        raise NotImplementedError\n\n"
        f"    async def cleanup(self):\n        raise NotImplementedError\n\nclass Leaf(Base{given}):\n    LIFECYCLE\n"
    )
    assert found["Leaf"].config == config


def test_a_model_that_is_not_at_hand_leaves_a_dictionary(convert: Callable[..., Converted]) -> None:
    found = convert(
        root=MODEL
        + "class Root:\n    def __init__(self, **config):\n        self.model = Model(**config)\n\n"
        + "    async def initialize(self):\n        raise NotImplementedError\n\n"
        + "    async def cleanup(self):\n        raise NotImplementedError\n",
        leaf="from root import Root\n\nclass Leaf(Root):\n    LIFECYCLE\n",
    )
    assert found["Leaf"].config == "dict[str, Any]"


def test_a_constructor_of_values_that_takes_others_as_well_is_given_any(convert: Callable[..., Converted]) -> None:
    found = convert(constructor(", *, host, type='x', **rest", "self.a = host"))
    assert found["Thing"].config == "dict[str, Any]"
    assert '        return cls(**settings(config, type_="type"))\n' in found.text
    assert [each.code for each in found["Thing"].warnings] == ["reserved-key"]


@pytest.mark.parametrize(
    ("line", "config"), [("self.a = url.rstrip('/')", "ThingConfig"), ("self.a = url.fetch()", None)]
)
def test_a_text_is_a_value_also_where_it_is_taken_apart(
    convert: Callable[..., Converted], line: str, config: str | None
) -> None:
    assert convert(constructor(", url", line))["Thing"].config == config


def test_what_goes_on_to_a_base_has_to_fit_there(convert: Callable[..., Converted]) -> None:
    source = "class Base:\n    def __init__(self, client):\n        self.client = client\n\n"
    taking = constructor(", host, **rest", "super().__init__(**rest)").replace("class Thing", "class Thing(Base)")
    assert convert(source + taking)["Thing"].config is None
