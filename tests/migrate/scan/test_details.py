"""Single observations: lifecycles, constructors, registries, types."""

from __future__ import annotations

from pathlib import Path

import pytest

from purveyor.migrate.scan.construction import words_of
from purveyor.migrate.scan.kinds import Classified, Lifecycle
from tests.migrate.scan.samples import classify_text


def one(
    root: Path, body: str, *, before: str = "", name: str = "Thing", header: str = "class Thing:"
) -> Classified:
    """Classify one class, given by its body's lines, indented or not."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    return classify_text(root, f"{before}\n{header}\n{lines}\n")[name]


PAIR = "async def initialize(self): ...\nasync def cleanup(self): ...\n"
SYNC = "def start(self): self.x = 1\ndef stop(self): self.x = 0\ndef use(self): return self.x\n"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OpenAIConfig", ("open", "ai", "config")),
        ("llm_config", ("llm", "config")),
        ("S3Storage", ("s3", "storage")),
        ("_x", ("x",)),
        ("HTTP", ("http",)),
        ("é", ("é",)),
        ("__", ("__",)),
    ],
)
def test_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


# --- lifecycles ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "lifecycle"),
    [
        (PAIR, Lifecycle("initialize", "cleanup", True)),
        ("async def set_up(self): ...\nasync def tear_down(self): ...", Lifecycle("set_up", "tear_down", True)),
        ("async def aconnect(self): ...\nasync def aclose(self): ...", Lifecycle("aconnect", "aclose", True)),
        (
            "async def async_setup(self): ...\nasync def shutdown(self): ...",
            Lifecycle("async_setup", "shutdown", True),
        ),
        (
            "async def load(self): ...\nasync def start(self): ...\nasync def stop(self): ...\nasync def close(self): ...",
            Lifecycle("start", "stop", True),
        ),
        (
            "def connect(self): ...\ndef close(self): ...\nasync def aconnect(self): ...\nasync def aclose(self): ...",
            Lifecycle("aconnect", "aclose", True),
        ),
        (
            "async def start(self, loop): ...\nasync def open(self): ...\nasync def stop(self): ...",
            Lifecycle("open", "stop", True),
        ),
        (
            f"{PAIR}async def __aenter__(self): ...\nasync def __aexit__(self, *e): ...",
            Lifecycle("initialize", "cleanup", True, (), "async"),
        ),
        (
            f"{PAIR}def __enter__(self): ...\ndef __exit__(self, *e): ...",
            Lifecycle("initialize", "cleanup", True, (), "sync"),
        ),
        (
            (
                "async def start(self): await self._up()\nasync def stop(self): self._down(); self._own()\n"
                "async def _up(self): raise NotImplementedError\ndef _down(self): ...\ndef _own(self): return 1"
            ),
            Lifecycle("start", "stop", True, ("_up", "_down")),
        ),
    ],
)
def test_which_methods_open_and_close(body: str, lifecycle: Lifecycle, tmp_path: Path) -> None:
    told = one(tmp_path, body)
    assert told.lifecycle == lifecycle
    assert told.kind == "provider"


def test_a_hook_that_is_replaced_is_one(tmp_path: Path) -> None:
    text = """
class Root:
    async def start(self): await self._fill()
    async def stop(self): ...
    async def _fill(self): self.rows = []
class Leaf(Root):
    async def _fill(self): self.rows = [1]
"""
    told = classify_text(tmp_path, text)
    assert told["Root"].lifecycle == Lifecycle("start", "stop", True)
    assert told["Leaf"].lifecycle == Lifecycle("start", "stop", True, ("_fill",))


@pytest.mark.parametrize(
    "opening",
    [
        "def open(self): return Thing()",
        "def open(self) -> 'Thing': return make(self.path)",
        "def open(self, path): return open(path)",
        "def open(self): yield 1",
    ],
)
def test_what_gives_out_something_else_opens_nothing(opening: str, tmp_path: Path) -> None:
    told = one(tmp_path, f"def __init__(self, config): ...\n{opening}\ndef rows(self): ...")
    assert told.kind == "data"
    assert told.lifecycle is None


@pytest.mark.parametrize(
    "opening",
    [
        "def open(self):\n    self.x = 1\n    return self.x",
        "def open(self): return self",
        "def open(self): return True",
        "def open(self): return self._open()",
        "def open(self) -> None: ...",
        "def open(self) -> bool: raise NotImplementedError",
    ],
)
def test_what_opens_may_return_something(opening: str, tmp_path: Path) -> None:
    told = one(tmp_path, f"def __init__(self, config): ...\n{opening}\ndef close(self): ...\ndef rows(self): ...")
    assert told.kind == "provider"
    assert told.lifecycle == Lifecycle("open", "close", False)


def test_abstract_factories_of_connections_are_no_lifecycle(tmp_path: Path) -> None:
    text = """
from abc import ABC, abstractmethod
class Stream: ...
class Connectable(ABC):
    @abstractmethod
    async def connect(self) -> Stream: ...
class Tcp(Connectable):
    def __init__(self, config): ...
    async def connect(self): return Stream()
"""
    assert {name: each.kind for name, each in classify_text(tmp_path, text).items()} == {
        "Stream": "data",
        "Connectable": "data",
        "Tcp": "data",
    }


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("def load(self): ...\ndef rows(self): ...", "data"),  # too little, with a config all the same
        ("def close(self): ...", "data"),  # nothing to use
        ("def initialize(self, path): ...\ndef rows(self): ...", "data"),
        ("def close(self): ...\ndef rows(self): ...", "provider"),
        ("async def connect(self): ...", "provider"),
        ("def start(self, what): ...\ndef stop(self): ...\ndef rows(self): ...", "data"),
        ("def start(self): ...\nasync def stop(self): ...", "provider"),
        ("def start(self): ...\ndef stop(self): ...\ndef run(self): ...", "data"),
        ("def start(self): ...\ndef stop(self): ...\ndef run(self, query): ...", "provider"),
        ("async def open(self): ...\nasync def close(self): ...\ndef write(self, key, value): ...", "provider"),
        ("def __enter__(self): ...\ndef __exit__(self, *e): ...", "data"),
        ("def __enter__(self): ...\ndef __exit__(self, *e): ...\ndef rows(self): ...", "provider"),
        ("def close(self): ...\ndef __iter__(self): ...", "data"),
        ("async def start(self): ...\nasync def stop(self): ...\ndef __call__(self, value): ...", "provider"),
        ("async def start(self): ...\nasync def stop(self): ...\ndef readline(self): ...", "provider"),
        (
            "async def start(self): ...\nasync def stop(self): ...\ndef readline(self): ...\ndef read(self): ...",
            "data",
        ),
    ],
)
def test_what_is_enough_with_a_config(body: str, kind: str, tmp_path: Path) -> None:
    assert one(tmp_path, f"def __init__(self, config): ...\n{body}").kind == kind


# --- constructors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constructor", "kind"),
    [
        ("def __init__(self, cfg): ...", "provider"),
        ("def __init__(self, *, app_settings=None): ...", "provider"),
        ("def __init__(self, where: 'AppConfig'): ...", "provider"),
        ("def __init__(self, where: 'Optional[conf.AppConfig]' = None): ...", "provider"),
        ("def __init__(self, where: AppConfig | None): ...", "provider"),
        ("def __init__(self, where: conf.AppConfig): ...", "provider"),
        ("def __init__(self, values): self.url = values['url']", "provider"),
        ("def __init__(self, values: dict): self.url = values.get('url')", "provider"),
        ("def __init__(self, **kwargs): self.url = kwargs.pop('url', None)", "provider"),
        ("def __init__(self, **kwargs): self.config = dict(kwargs)", "provider"),
        ("def __init__(self, **kwargs): self.it = ThingConfig(kwargs)", "provider"),
        ("def __init__(self, **kwargs): self.it = make(kwargs); self.x = kwargs; self.config = {}", "data"),
        ("def __init__(self, **kwargs): super().__init__(**kwargs); object.__init__(self)", "data"),
        ("def __init__(self, **kwargs): Thing.__init__(self, **kwargs)", "data"),
        ("def __init__(self, **kwargs): Thing.__init__(self, 1, x=2)", "data"),
        ("def __init__(self, values: Row): self.url = values['url']", "data"),
        ("def __init__(self, headers): self.url = headers['url']", "data"),
        ("def __init__(self, socket_options): ...", "data"),
        ("def __init__(self, values: list[3]): ...", "data"),
        ("def __init__(self, name: 'no type'): ...", "data"),
        ("def __init__(self): ...", "data"),
        ("settings: dict = {}", "data"),
    ],
)
def test_what_is_a_config(constructor: str, kind: str, tmp_path: Path) -> None:
    assert one(tmp_path, f"{constructor}\n{SYNC}").kind == kind


def test_keyword_arguments_are_followed_upwards(tmp_path: Path) -> None:
    text = f"""
import other
class Plain: ...
class Quiet:
    def __init__(self, **kwargs): ...
class Holder:
    def __init__(self, config): ...
class Thing(Plain, Quiet, Holder):
    def __init__(self, name, **kwargs):
        super().__init__(**kwargs)
{"".join(f"    {line}" + chr(10) for line in SYNC.splitlines())}
class Outside(other.Holder):
    def __init__(self, name, **kwargs):
        super().__init__(**kwargs)
    def use(self): ...
    def close(self): ...
class Loop(Loop):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
    def use(self): ...
    def close(self): ...
"""
    told = classify_text(tmp_path, text)
    assert told["Thing"].evidence == "start/stop; takes config"
    assert told["Outside"].kind == told["Loop"].kind == "data"


def test_the_classes_of_configurations_are_found_where_they_are_named(tmp_path: Path) -> None:
    text = """
from typing import Generic, Optional, TypeVar
from pydantic import BaseModel
T = TypeVar("T")
class AConfig: ...
class BConfig(BaseModel): ...
class B2(BConfig): ...
class CConfig: ...
class D(BaseModel): ...
class E(BaseModel): ...
class FConfig: ...
class G: ...
class Error1Config(Exception): ...
class Root(Generic[T]):
    async def start(self): ...
    async def stop(self): ...
class Leaf(Root[AConfig]):
    config_class = BConfig
    config: "Optional[CConfig]"
    limit: int = 3
    def __init__(self, one: D, two: "G", three: "not a type" = None, four: "'quoted'" = None, **rest):
        self.e = E(**rest)
        self.f = FConfig(1)
        self.g = G(1)
        self.err = Error1Config(1)
        self.x = rest[0](1)
"""
    told = {name: each.kind for name, each in classify_text(tmp_path, text).items()}
    configs = ["AConfig", "BConfig", "B2", "CConfig", "D", "E", "FConfig"]
    assert [name for name, kind in told.items() if kind == "config"] == configs
    assert told["G"] == "data"
    assert told["Error1Config"] == "error"


# --- registries -----------------------------------------------------------------------------------------------------

FAMILY = """
from typing import Type
class Base:
    async def start(self): raise NotImplementedError
    async def stop(self): raise NotImplementedError
class Impl(Base):
    async def start(self): ...
    async def stop(self): ...
"""


@pytest.mark.parametrize(
    "body",
    [
        "def register(self, kind: 'Type[Base]'): self.all.append(kind)\ndef get(self, name): return 1",
        "def register(self, kind: Type): self.all.append(kind)\ndef get(self, name): return 1",
        (
            "def add(self, name, one): self.all.setdefault(name, []).append(one)\n"
            "async def close(self):\n    for name, one in sorted(self.all.items()):\n        await one.stop()"
        ),
        "def get(self, name) -> Base: ...\nasync def close(self): [await one.stop() for one in tuple(self.all)]",
        "def create(self, name):\n    if kind := self.kinds.get(name):\n        return kind()",
        "def create(self, name): return self.kinds[name]()",
        "def create(self, name): return __import__(name)",
        "def create(self, name):\n    kind = getattr(self.module, name)\n    return kind()",
        "def create(self, name):\n    first = self.names[1:]\n    size = len(name)\n    return import_module(name)",
    ],
)
@pytest.mark.parametrize("own", ["", PAIR.replace("initialize", "start").replace("cleanup", "shutdown")])
def test_what_holds_others_is_a_registry(body: str, own: str, tmp_path: Path) -> None:
    told = one(tmp_path, own + body, before=FAMILY)
    assert told.kind in ("registry", "data")
    assert told.kind == "registry" or not own


@pytest.mark.parametrize(
    "body",
    [
        "def add(self, name, value): self.rows[name] = 1\ndef get(self, name): return self.rows[name]",
        "def add(self, name, value): rows[name] = value\ndef get(self, name): return self.rows[name]",
        "def add(self, name, value): rows().append(value)\ndef get(self, name: int, *, x=1): return 1",
        "def get(self, name): return name()",
        "def get(self, name):\n    one = self.rows[1:]\n    two = getattr(self, 'x')\n    return one(), two()",
        "def put(self, name, value): self.rows[name] = value\ndef each(self):\n    for row in self.rows: row.read()",
        "def put(self, name, value): self.rows[name] = value\ndef each(self):\n    for row in rows(): row.close()",
        "def get_base(self) -> Base: ...",
        "@property\ndef get(self): ...",
    ],
)
def test_what_holds_something_else_is_none(body: str, tmp_path: Path) -> None:
    told = one(tmp_path, PAIR + body, before=FAMILY)
    assert told.kind == "provider"


def test_what_derives_from_a_registry_is_none_for_that(tmp_path: Path) -> None:
    text = (
        FAMILY
        + """
class Manager(Base):
    def __init__(self): self.all = {}
    def register(self, name, one: Base): self.all[name] = one
    def get(self, name) -> Base: return self.all[name]
class Special(Manager):
    def special(self): ...
"""
    )
    told = classify_text(tmp_path, text)
    assert told["Manager"].kind == told["Special"].kind == "registry"
    assert told["Impl"].kind == "provider"


# --- lineage --------------------------------------------------------------------------------------------------------


def test_a_family_over_three_floors(tmp_path: Path) -> None:
    text = """
from abc import ABC, abstractmethod
class Top(ABC):
    @abstractmethod
    def close(self): ...
    def rows(self): ...
class Middle(Top):
    limit = 3
class Low(Middle):
    def close(self): self.x = None
class Failure(Low, Exception): ...
class TestLow(Low):
    def test_it(self): ...
"""
    told = classify_text(tmp_path, text)
    assert {name: each.kind for name, each in told.items()} == {
        "Top": "base",
        "Middle": "base",
        "Low": "provider",
        "Failure": "error",
        "TestLow": "data",
    }
    assert [root.name for root in told["Low"].roots] == ["Top"]
    assert told["Top"].roots == (told["Top"].facts,)


def test_an_interface_without_a_lifecycle_over_several_providers_is_their_base(tmp_path: Path) -> None:
    text = """
from abc import ABC, abstractmethod
class Sends(ABC):
    @abstractmethod
    def send_it(self, text): ...
class Mail(Sends):
    async def start(self): ...
    async def stop(self): ...
    def send_it(self, text): ...
class Post(Sends):
    async def start(self): ...
    async def stop(self): ...
    def send_it(self, text): ...
class Mixed(dict, Sends):
    async def start(self): ...
    async def stop(self): ...
"""
    told = classify_text(tmp_path, text)
    assert told["Sends"].kind == "data"  # not for all it comes first
    told = classify_text(tmp_path, text.split("class Mixed")[0])
    assert (told["Sends"].kind, told["Sends"].evidence) == ("base", "base of Mail")


def test_a_store_that_reads_and_writes_by_key_is_no_stream(tmp_path: Path) -> None:
    ends = "async def open(self): ...\nasync def close(self): ...\n"
    assert one(tmp_path, f"{ends}def read(self, key): ...\ndef write(self, key, value): ...").kind == "provider"
    assert one(tmp_path, f"{ends}def read(self, size): ...\ndef write(self, data): ...").kind == "data"


def test_private_helpers_need_more(tmp_path: Path) -> None:
    body = f"def __init__(self, config): ...\n{SYNC}"
    assert one(tmp_path, body, header="class _Thing:", name="_Thing").kind == "data"
    assert one(tmp_path, PAIR, header="class _Thing:", name="_Thing").kind == "provider"


def test_names_break_ties_only(tmp_path: Path) -> None:
    mixed = "async def start(self): ...\ndef stop(self): ..."
    assert one(tmp_path, mixed).kind == "data"
    assert one(tmp_path, mixed, header="class MailProvider:", name="MailProvider").kind == "provider"
    folder = classify_text(
        tmp_path / "x", {"app/drivers/mail.py": f"class Mail:\n    {mixed.replace(chr(10), chr(10) + '    ')}"}
    )
    assert folder["Mail"].kind == "provider"
    assert (
        one(tmp_path, "def send_it(self): ...", header="class MailProvider:", name="MailProvider").kind == "data"
    )


def test_twins_have_the_same_to_offer(tmp_path: Path) -> None:
    text = """
class A:
    def open(self): ...
    def close(self): ...
    def get(self): ...
    def put(self): ...
class B:
    def start(self): ...
    def stop(self): ...
    def get(self): ...
    def put(self): ...
class C:
    def open(self): ...
    def close(self): ...
    def one(self): ...
    def two(self): ...
class AsyncA:
    async def aopen(self): ...
    async def aclose(self): ...
    async def get_async(self): ...
    async def put(self): ...
"""
    kinds = {name: each.kind for name, each in classify_text(tmp_path, text).items()}
    assert kinds == {"A": "provider", "B": "data", "C": "data", "AsyncA": "provider"}


def test_mixins_with_something_above_them_are_none(tmp_path: Path) -> None:
    text = """
class Root:
    async def start(self): ...
    async def stop(self): ...
class More(Root):
    async def start(self):
        await super().start()
    async def stop(self):
        await super().stop()
        super().other()
class Alone:
    async def start(self): await super().begin()
    async def stop(self): ...
"""
    kinds = {name: each.kind for name, each in classify_text(tmp_path, text).items()}
    assert kinds == {"Root": "base", "More": "provider", "Alone": "provider"}


# --- types ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("provider_type = ProviderType.MEMORY", "memory"),
        ("provider_type = ProviderType.STORAGE", "storage"),
        ("provider_type = ProviderType.CAPABILITY", "capability"),
        ("provider_type = ProviderType.CUSTOM\ndef upload(self): ...\ndef download(self): ...", "custom"),
        ("provider_type = 3", "custom"),
        ("def get(self, key): ...", "custom"),
        ("def get(self, key): ...\ndef put(self, key): ...", "memory"),
        (
            "def get(self, key): ...\ndef put(self, key): ...\ndef upload(self): ...\ndef download(self): ...",
            "custom",
        ),
        ("def async_remember(self, key): ...\ndef arecall(self, key): ...", "memory"),
        ("def translate_text(self, text): ...", "capability"),
    ],
)
def test_the_type(body: str, kind: str, tmp_path: Path) -> None:
    assert one(tmp_path, PAIR + body).type == kind


def test_the_type_by_name_and_root(tmp_path: Path) -> None:
    text = """
class SpeechBase:
    async def start(self): ...
    async def stop(self): ...
class Polly(SpeechBase):
    def use(self): ...
class PollyCache(SpeechBase):
    def use(self): ...
"""
    told = classify_text(tmp_path, text)
    assert [each.type for each in told.values()] == ["capability", "capability", "memory"]


COMPOSITE = """
import abc
class Component(abc.ABC):
    def __init__(self, config): self.children = []
    async def initialize(self):
        for child in self.children:
            await child.initialize()
    async def cleanup(self):
        for child in self.children:
            await child.cleanup()
    def add(self, child): self.children.append(child)
    @abc.abstractmethod
    async def process(self): ...
class Leaf(Component):
    async def process(self): return 1
class Tree(Component):
    async def process(self): return [await child.process() for child in self.children]
class Keeper(Leaf):
    def register(self, key, child): self.kept[key] = child
    def get(self, key): return self.kept[key]
    async def cleanup(self):
        for child in self.kept.values():
            await child.cleanup()
"""


def test_a_tree_of_components_is_no_registry(tmp_path: Path) -> None:
    kinds = {name: each.kind for name, each in classify_text(tmp_path, COMPOSITE).items()}
    assert kinds == {"Component": "base", "Leaf": "provider", "Tree": "provider", "Keeper": "registry"}


def test_constructors_that_hand_on_in_many_ways_are_looked_at_once(tmp_path: Path) -> None:
    hands_on = "    def __init__(self, **kwargs): super().__init__(**kwargs)\n"
    text = f"class A0:\n{hands_on}class B0:\n{hands_on}"
    for number in range(1, 40):  # 2 to the 40th ways up
        for letter in "AB":
            text += f"class {letter}{number}(A{number - 1}, B{number - 1}):\n{hands_on}"
    text += "class Thing(A39):\n    async def start(self): ...\n    def use(self): ...\n"
    assert classify_text(tmp_path, text)["Thing"].kind == "data"
