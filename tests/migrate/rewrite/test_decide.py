"""What becomes of classes, and why."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from purveyor.metadata import Health

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.migrate.rewrite.conftest import Converted

THING = "class Thing{bases}:\n    def __init__(self, config):\n        self.a = config['a']\n\n    LIFECYCLE\n"


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("    _gate = None", "it has a _gate of its own, which Purveyor uses"),
        ("    def __setattr__(self, name, value):\n        pass", "it writes its own __setattr__"),
        ("    def __eq__(self, other):\n        return True", "its instances have no hash"),
        ("    def validate(self):\n        pass", "its validate is no coroutine without arguments"),
        ("    async def reload(self, hard):\n        pass", "its reload is no coroutine without arguments"),
        ("    async def check(self):\n        return True", "its check is not what Purveyor's is"),
        ("    async def set(self):\n        self.metadata = {}", "its metadata is not what Purveyor's is"),
        ("    provider_type = 'local'", "its provider_type is not what Purveyor's is"),
        ("    def __getattr__(self, name):\n        return name", "its __getattr__ would not be asked any more"),
        ("    __slots__ = ('x', '__weakref__')", "its __slots__ name __weakref__"),
        ("    def kind(self):\n        return type(self).__orig_bases__[0]", "it asks for __orig_bases__"),
        ("    def to_json(self):\n        return dict(self.__dict__)", "its to_json looks at all that it holds"),
        ("    def __repr__(me):\n        return str(vars(me))", "its __repr__ looks at all that it holds"),
        ("    def names(self):\n        return dir(self)", "its names looks at all that it holds"),
        (
            "    def all(self):\n        return inspect.getmembers(self, callable)",
            "its all looks at all that it holds",
        ),
        ("    def share(self):\n        self.__dict__ = SHARED", "its share looks at all that it holds"),
        (
            "    async def validate(self):\n        return self.ready",
            "its validate asks for ready, which only initialize makes",
        ),
    ],
)
def test_what_clashes_is_adapted(convert: Callable[..., Converted], member: str, reason: str) -> None:
    thing = convert(THING.format(bases="") + "\n" + member + "\n")["Thing"]
    assert thing.state == "adapter"
    assert str(thing.reason).startswith(reason)
    assert thing.line is not None


@pytest.mark.parametrize(
    "line",
    [
        "self.__dict__.update(values)",
        "self.__dict__['x'] = values",
        "return 'x' in self.__dict__ or values.__dict__",
        "return vars(self)['x'] or vars(values) or vars()",
        "return vars(self).get('x')",
        "return [n for n in dir(self) if n.startswith('cmd_')]",
        "return [n for n, m in getmembers(self) if hasattr(m, 'command')]",
        "return dir(values), len(values)",
    ],
)
def test_one_name_of_all_is_no_hindrance(convert: Callable[..., Converted], line: str) -> None:
    source = THING.format(bases="") + f"\n    def put(self, values):\n        {line}\n"
    source += "\n    def __getstate__(self):\n        return dict(self.__dict__)\n"
    assert convert(source)["Thing"].state == "converted"


def test_slots_that_let_everything_in_are_told(convert: Callable[..., Converted]) -> None:
    source = THING.format(bases="(object)").replace(":\n", ":\n    __slots__ = ('a', 'ready')\n\n", 1)
    thing = convert(source + "\n\nclass Below(Thing):\n    extra = 1\n\n    LIFECYCLE\n")
    assert [(each.line, each.code) for each in thing["Thing"].warnings] == [(1, "slots")]
    assert thing["Below"].warnings == ()


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("class Thing(metaclass=Meta)", "it has the metaclass Meta"),
        ("@dataclass\nclass Thing", "@dataclasses.dataclass writes its constructor"),
        ("class Thing(Elsewhere)", "it also derives from elsewhere.Elsewhere"),
        ("class Thing(BaseModel)", "it is itself a pydantic model"),
    ],
)
def test_what_is_made_in_a_way_of_its_own_is_adapted(
    convert: Callable[..., Converted], header: str, reason: str
) -> None:
    source = THING.format(bases="").replace("class Thing", header, 1)
    imports = (
        "from dataclasses import dataclass\nfrom elsewhere import Elsewhere\nfrom pydantic import BaseModel\n"
    )
    thing = convert(f"{imports}\n\nclass Meta(type):\n    pass\n\n\n{source}")["Thing"]
    assert (thing.state, str(thing.reason).startswith(reason)) == ("adapter", True), thing.reason


@pytest.mark.parametrize("metaclass", ["ABCMeta", "abc.ABCMeta"])
def test_an_abstract_metaclass_is_no_hindrance(convert: Callable[..., Converted], metaclass: str) -> None:
    source = THING.format(bases=f"(metaclass={metaclass})")
    assert convert(f"import abc\nfrom abc import ABCMeta\n\n\n{source}")["Thing"].state == "converted"


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        ("def start(self):\n        pass", "its start is no coroutine"),
        ("async def start(self, host):\n        pass", "its start takes arguments: host"),
        ("async def start(self):\n        yield", "its start is a generator"),
    ],
)
def test_a_lifecycle_that_cannot_be_awaited_as_it_is_is_adapted(
    convert: Callable[..., Converted], opening: str, reason: str
) -> None:
    source = f"""
class Thing:
    def __init__(self, config):
        self.a = config['a']

    {opening}

    async def stop(self):
        pass

    async def ask(self, text):
        return text * 2
"""
    thing = convert(source)["Thing"]
    assert (thing.state, thing.reason) == ("adapter", reason)


def test_a_cleanup_that_is_something_else_is_in_the_way(convert: Callable[..., Converted]) -> None:
    source = """
class Thing:
    def __init__(self, config):
        self.a = config['a']

    async def connect(self):
        self.b = 1

    async def disconnect(self):
        self.b = 0

    {cleanup}

    async def ask(self, text):
        return text * 2
"""
    thing = convert(source.format(cleanup="def cleanup(self, older_than):\n        self.b = older_than"))["Thing"]
    assert thing.state == "adapter"
    assert "cleanup" in str(thing.reason)


def test_where_a_class_would_break_its_base_stays_and_those_beside_it_stay_too(
    convert: Callable[..., Converted],
) -> None:
    source = """
from abc import ABC

class Meta(type(ABC)):
    pass

class Root(ABC):
    def __init__(self, config):
        self.a = config["a"]

    async def initialize(self):
        raise NotImplementedError

    async def cleanup(self):
        raise NotImplementedError

class Odd(Root, metaclass=Meta):
    LIFECYCLE

class Even(Root):
    LIFECYCLE
"""
    found = convert(source)
    assert [found[name].state for name in ("Root", "Odd", "Even")] == ["adapter"] * 3
    assert (
        found["Root"].reason == "Odd, which derives from it (module.py:16), would break: it has the metaclass Meta"
    )
    assert found["Even"].reason == "its base Root (module.py:6) is not converted"
    assert found.after == {}


MIXED = """
from abc import ABC, ABC as Abstract

class Mixin:
    def {name}(self):
        return 1

class Root:
    def __init__(self, config):
        self.a = config["a"]

    async def initialize(self):
        raise NotImplementedError

    async def close(self):
        raise NotImplementedError

class Leaf({bases}):
    async def initialize(self):
        self.b = 1

    async def close(self):
        self.b = 0

    async def ask(self, text):
        return text * 2
"""


@pytest.mark.parametrize(
    ("bases", "name", "reason"),
    [
        ("Root, Mixin", "other", None),
        ("Mixin, Root", "status", None),
        ("Root", "status", None),
        ("Root, Mixin", "status", None),  # it gets a base of its own, behind them
        ("ABC, Root", "other", "its bases would have no order"),
        ("Abstract, Root", "other", "its bases would have no order"),
    ],
)
def test_what_the_new_base_would_hide_or_put_out_of_order_stays(
    convert: Callable[..., Converted], bases: str, name: str, reason: str | None
) -> None:
    found = convert(MIXED.format(bases=bases, name=name))
    assert found["Leaf"].reason == reason
    assert found["Root"].state == ("converted" if reason is None else "adapter")


@pytest.mark.parametrize("name", ["status", "cleanup", "state"])
def test_a_mixin_behind_a_base_that_is_converted_may_not_be_hidden(
    convert: Callable[..., Converted], name: str
) -> None:
    source = MIXED.format(bases="Root, Mixin", name=name).replace(
        "class Leaf(", "class Leaf(Root):\n    LIFECYCLE\n\nclass Hosted("
    )
    hosted = source + "\n    def __init__(self, client):\n        self.client = client\n"
    found = convert(hosted)
    assert found["Hosted"].state == found["Root"].state == found["Leaf"].state == "adapter"


def test_a_mixin_of_a_class_that_is_no_provider_counts_as_well(convert: Callable[..., Converted]) -> None:
    source = (
        THING.format(bases="")
        + """

class Meta(type):
    pass

class Registry(Thing, metaclass=Meta):
    def __init__(self):
        self.types = {}

    def register_provider(self, name, cls):
        self.types[name] = cls

    def get_provider(self, name):
        return self.types[name]()
"""
    )
    found = convert(source)
    assert found["Thing"].state == "adapter"
    assert "Registry, which derives from it" in str(found["Thing"].reason)


def test_a_dataclass_below_whose_field_would_get_a_default_is_in_the_way(
    convert: Callable[..., Converted],
) -> None:
    source = (
        "from dataclasses import dataclass\n\n"
        + THING.format(bases="")
        + "\n@dataclass\nclass Leaf(Thing):\n    config: dict\n"
    )
    found = convert(source)
    assert found["Leaf"].reason == "its field config would get a default"
    assert found["Thing"].state == "adapter"


@pytest.mark.parametrize(
    ("probe", "named", "state"),
    [
        ("hasattr(provider, 'health')", "health", "adapter"),
        ("hasattr(thing, 'health')", "health", "converted"),
        ("hasattr(self, 'health')", "health", "converted"),
        ("getattr(provider, 'reload', None)", "reload", "adapter"),
        ("getattr(anything, 'reload', None)", "reload", "adapter"),
        ("getattr(provider, 'reload')", "reload", "converted"),
        ("hasattr(provider, 'validate')", "validate", "converted"),
        ("hasattr(provider, 'ask')", "ask", "converted"),
        ("hasattr(self.provider, 'state')", "state", "adapter"),
        ("hasattr(provider, name)", "", "converted"),
        ("hasattr(provider, 'cleanup')", "cleanup", "converted"),
    ],
)
def test_what_code_asks_a_provider_for_is_not_to_be_there_all_of_a_sudden(
    convert: Callable[..., Converted], probe: str, named: str, state: str
) -> None:
    other = f"class Other:\n    def look(self, provider, thing, anything, name):\n        return {probe}\n"
    thing = convert(module=THING.format(bases=""), other=other)["Thing"]
    assert thing.state == state
    if state == "adapter":
        assert thing.reason == f"whether it has a {named} is asked in other.py:3"


@pytest.mark.parametrize(
    ("asking", "name"),
    [
        (
            "def begin(x):\n    for n in ('initialize', 'start'):\n        if hasattr(x, n):\n            return n\n",
            "initialize",
        ),
        (
            "def end(x):\n    for n in STOPS:\n        getattr(x, n, None)\n\nSTOPS = ['cleanup', 'stop']\n",
            "cleanup",
        ),
        (
            "STARTS = ['initialize']\n\ndef begin(x):\n    for n in ('start',):\n        getattr(x, n, None)\n",
            None,
        ),
        (
            "def begin(x, y):\n    return getattr(x, y + 'initialize', None), getattr(x, 5, y), y[0](x), hasattr(x)\n",
            None,
        ),
        ("FOUND = [hasattr(x, n) for x in () for n in ('initialize',)]\n", "initialize"),
        (
            "def begin(x, n):\n    def inner():\n        return hasattr(x, n)\n    return inner, 'initialize'\n",
            None,
        ),
    ],
)
def test_names_that_are_asked_for_one_after_the_other(
    convert: Callable[..., Converted], asking: str, name: str | None
) -> None:
    source = (
        THING.format(bases="")
        .replace("    LIFECYCLE\n", "    async def start(self):\n        self.b = 1\n\n    LIFECYCLE\n")
        .replace(
            "LIFECYCLE",
            "async def stop(self):\n        self.b = 0\n\n    async def ask(self, q):\n        return q * 2",
        )
    )
    found = convert(module=source, other=asking)["Thing"]
    if name is None:
        assert found.state == "converted"
    else:
        assert (found.state, f"whether it has a {name} is asked in other.py" in str(found.reason)) == (
            "adapter",
            True,
        )


def test_plain_methods_that_call_each_other_in_a_circle_are_left_as_they_are(
    convert: Callable[..., Converted],
) -> None:
    source = (
        THING.format(bases="")
        + "\n    def visit(self, node):\n        return self.leaf(node) or self.below(node)\n"
        + "\n    def below(self, node):\n        return [self.visit(each) for each in node]\n"
        + "\n    def leaf(self, node):\n        return str(node).upper()\n"
        + "\n    def top(self, node):\n        return self.visit(node) + self.leaf(node)\n"
    )
    assert convert(source)["Thing"].capabilities == ("ask", "leaf", "top")


def test_a_class_that_asks_itself_is_asked(convert: Callable[..., Converted]) -> None:
    source = THING.format(bases="") + "\n    async def more(self):\n        return hasattr(self, 'state')\n"
    assert convert(source)["Thing"].reason == "whether it has a state is asked in module.py:15"
    assigned = source.replace("self.a = ", "self.state = self.a = ")
    assert convert(assigned)["Thing"].state == "converted"


def test_a_step_that_would_be_found_under_another_name_is_asked_for(convert: Callable[..., Converted]) -> None:
    source = THING.format(bases="").replace(
        "LIFECYCLE",
        "async def start(self):\n        self.b = 1\n\n    async def stop(self):\n        self.b = 0\n\n    async def ask(self):\n        return self.b + 1",
    )
    asking = "def begin(thing):\n    return thing.initialize if hasattr(thing, 'initialize') else thing.start\n"
    assert (
        convert(module=source, other=asking)["Thing"].reason
        == "whether it has a initialize is asked in other.py:2"
    )


def test_methods_that_are_used_for_something_else_are_no_operations(convert: Callable[..., Converted]) -> None:
    source = """
import sys
import warnings

def outer(function):
    return function

class Thing:
    def __init__(self, config):
        self.a = config["a"]

    def traced(function):
        return outer(function)

    @traced
    async def shown(self):
        return len(self.a)

    def convert(value=len("x"), *, other=None):
        return int(value)

    START = convert("41")
    table = [lambda value: value]

    async def initialize(self):
        self.hand(self.load_file)

    def hand(self, function):
        return function()

    def load_file(self):
        return len(self.a)

    async def cleanup(self):
        self.a = None

    def again(self, depth):
        return self.again(depth - 1) if depth else 0

    def warned(self):
        warnings.warn("w", stacklevel=2)
        return len(self.a)

    def who(self):
        return sys._getframe(1)

    def whose(self):
        return inspect.stack()[1]

    def seen(self):
        return walk_stack(None)

    def pile(self):
        return self.stack.pop(len(self.a))

    async def ask(self, store):
        return store.ask(self.a)
"""
    assert convert(source)["Thing"].capabilities == ("hand", "pile", "ask")


def test_a_validate_that_asks_for_what_is_there_is_as_good_as_any(convert: Callable[..., Converted]) -> None:
    validate = "\n    async def validate(self):\n        return self.a, self.other\n"
    assert convert(THING.format(bases="") + validate)["Thing"].state == "converted"


def test_a_file_that_does_not_compile_refuses_its_classes_and_leaves_those_that_derive(
    convert: Callable[..., Converted],
) -> None:
    found = convert(
        base=THING.format(bases="") + "\nreturn 1\n",
        module="from base import Thing\n\n\nclass Leaf(Thing):\n    async def more(self):\n        return self.a + 1\n",
    )
    assert found["Thing"].state == "refused"
    assert "it does not compile" in str(found["Thing"].reason)
    assert (found["Leaf"].state, found["Leaf"].reason) == (
        "adapter",
        "its base Thing (base.py:1) is not converted",
    )


def test_a_builder_of_its_own_is_kept(convert: Callable[..., Converted]) -> None:
    source = (
        THING.format(bases="")
        + "\n    @classmethod\n    def from_config(cls, config):\n        return cls(config)\n"
    )
    found = convert(source)
    assert found["Thing"].state == "converted-with-warnings"
    assert found["Thing"].warnings[0].code == "own-from-config"
    assert found.text.count("from_config") == 1


def test_the_name_under_which_a_class_is_registered_is_its_name(convert: Callable[..., Converted]) -> None:
    found = convert(THING.format(bases="") + "\n\nREGISTRY.register_provider('special', Thing)\nregister(Thing)\n")
    assert found["Thing"].name == "special"
    assert 'provider_name = "special"' in found.text


def test_a_class_that_is_registered_under_two_names_has_its_own(convert: Callable[..., Converted]) -> None:
    found = convert(THING.format(bases="") + "\n\nr.register('one', Thing)\nr.register('two', Thing)\n")
    assert found["Thing"].name == "thing"


@pytest.mark.parametrize("version", ["    version = '1.5'\n", "__version__ = '1.5'\n"])
def test_a_version_is_taken_over(convert: Callable[..., Converted], version: str) -> None:
    found = convert(THING.format(bases="") + "\n" + version)
    assert found["Thing"].version == "1.5"
    assert 'provider_version = "1.5"' in found.text


def test_capabilities_that_a_class_lists_are_taken_over(convert: Callable[..., Converted]) -> None:
    found = convert(THING.format(bases="") + "\n    capabilities = ['one', 'two']\n")
    assert 'provider_capabilities = ("one", "two")' in found.text
    odd = convert(THING.format(bases="") + "\n    capabilities = ['one', TWO]\n")
    assert 'provider_capabilities = ("ask",)' in odd.text


def test_methods_that_say_what_is_known_and_hidden_ones_are_no_operations(
    convert: Callable[..., Converted],
) -> None:
    source = """
    def nothing(self):
        pass

    def documented(self):
        '''Says nothing.'''

    def twice_documented(self):
        '''Says nothing.'''
        '''Nor here.'''

    def known(self):
        return self.a

    def worked_out(self):
        return len(self.a)

    def longer(self):
        self.a += 1
        return self.a

    def fails(self):
        raise KeyError

    def numbers(self):
        yield 1

    def _hidden(self):
        return len(self.a)

    @staticmethod
    def still(text):
        return len(text)

    @property
    def given(self):
        return len(self.a)
"""
    thing = convert(THING.format(bases="") + source)["Thing"]
    assert thing.capabilities == ("ask", "worked_out", "longer", "fails")


def test_the_other_name_of_a_lifecycle_is_called_once_for_a_family(convert: Callable[..., Converted]) -> None:
    source = """
class Root:
    def __init__(self, config):
        self.a = config["a"]

    async def connect(self):
        raise NotImplementedError

    async def disconnect(self):
        raise NotImplementedError

class Leaf(Root):
    async def connect(self):
        self.b = 1

    async def disconnect(self):
        self.b = 0

    async def ask(self, text):
        return text * 2
"""
    text = convert(source).text
    assert text.count("async def initialize(self) -> None:") == text.count("await self.connect()") == 1
    assert text.count("await self.disconnect()") == 1


def test_a_context_manager_is_entered_and_left(convert: Callable[..., Converted]) -> None:
    source = """
class Thing:
    def __init__(self, config):
        self.a = config["a"]

    async def __aenter__(self):
        self.b = 1
        return self

    async def __aexit__(self, kind, error, traceback):
        self.b = 0

    async def ask(self, text):
        return text * 2
"""
    text = convert(source).text
    assert "        await self.__aenter__()\n" in text
    assert "        await self.__aexit__(None, None, None)\n" in text


@pytest.mark.parametrize(
    ("cleaning", "state"), [("pass", "converted-with-warnings"), ("self.on = False", "converted")]
)
def test_what_starts_only_once_is_not_started_again_in_place(
    convert: Callable[..., Converted], cleaning: str, state: str
) -> None:
    source = f"""
class Thing:
    def __init__(self, config):
        self.on = config.get("on")

    async def initialize(self):
        "Start."
        if self.on:
            return
        self.on = True

    async def cleanup(self):
        {cleaning}

    async def ask(self, text):
        return text * 2
"""
    found = convert(source)
    assert found["Thing"].state == state
    assert ('provider_reload = "swap"' in found.text) is (cleaning == "pass")


def test_members_that_hide_those_of_a_provider_are_told(convert: Callable[..., Converted]) -> None:
    thing = convert(THING.format(bases="") + "\n    def health(self):\n        return len(self.a)\n")["Thing"]
    assert [each.code for each in thing.warnings] == ["hides-provider"]


def test_a_tree_without_libcst_says_which_extra_brings_it(
    convert: Callable[..., Converted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "libcst", None)
    with pytest.raises(ImportError, match=r"purveyor\[migrate\]"):
        convert(THING.format(bases=""))


#: Called by no name of a base, it starts and stops without doing anything, and another one derives from it.
SOME = """
{imports}
class {name}{bases}:
    def __init__(self, config):
        self.a = config["a"]

    async def initialize(self):
        pass

    async def cleanup(self):
        pass

    async def ask(self, question):
        {ask}

class Leaf({name}):
    LIFECYCLE

{use}
"""


@pytest.mark.parametrize(
    ("name", "bases", "ask", "use", "builds"),
    [
        ("Store", "", "return question * 2", "", True),
        ("BaseStore", "", "return question * 2", "", False),
        ("BaseStore", "", "return question * 2", "def make():\n    return BaseStore({})\n", True),
        ("Store", "(ABC)", "return question * 2", "", False),
        ("Store", "", "raise NotImplementedError", "make = lambda: Store({})", False),
        ("Store", "", "return question", "", True),
    ],
)
def test_a_base_that_can_be_built_is_built_from_a_config_as_well(
    convert: Callable[..., Converted], name: str, bases: str, ask: str, use: str, builds: bool
) -> None:
    source = SOME.format(name=name, bases=bases, ask=ask, use=use, imports="from abc import ABC\n")
    found = convert(source)
    assert (found[name].config is not None) == builds
    assert (f"class {name}Config:" in found.text) == builds
    assert "class LeafConfig:" in found.text


def test_what_tells_its_health_is_no_operation_and_nothing_that_it_offers(
    convert: Callable[..., Converted],
) -> None:
    members = """
    async def ping(self):
        return self.ready

    def health_check(self, deep=False):
        return {"status": "ok", "deep": bool(deep)}

    async def is_healthy(self, part):
        return part in self.a
"""
    found = convert(THING.format(bases="") + members)
    assert found["Thing"].capabilities == ("ask", "is_healthy"), "what takes more than itself is none"
    assert "    @operation\n    async def ask(" in found.text
    assert "    @operation\n    async def is_healthy(" in found.text
    assert found.text.count("@operation\n") == 2


def test_what_a_class_says_that_it_offers_stays(convert: Callable[..., Converted]) -> None:
    members = "    capabilities = ['ping']\n\n    async def ping(self):\n        return len(self.a)\n"
    assert convert(THING.format(bases="") + members)["Thing"].capabilities == ("ping",)


async def test_what_tells_its_health_is_asked_for_it(
    convert: Callable[..., Converted], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    members = "\n    def health_check(self):\n        return {'status': 'down', 'reason': self.a}\n"
    folder = tmp_path / "after"
    folder.mkdir()
    (folder / "asked_things.py").write_text(convert(THING.format(bases="") + members).text)
    monkeypatch.syspath_prepend(folder)
    module = importlib.import_module("asked_things")
    monkeypatch.delitem(sys.modules, "asked_things")
    thing = module.Thing({"a": "no oil"})
    assert await thing.check() == Health.unhealthy("no oil")
    assert thing.health_check() == {"status": "down", "reason": "no oil"}
