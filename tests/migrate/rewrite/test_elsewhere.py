"""Keys of a provider's dictionary that other code reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.migrate.rewrite.test_construct import config_of, constructor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrate.rewrite.conftest import Converted

THING = constructor(", config", "self.config = config", "self.a = config['a']")


@pytest.mark.parametrize(
    ("use", "field"),
    [
        ("def use(provider):\n    return provider.config.get('zone', 'eu')\n", "zone: str = 'eu'"),
        ("def use(thing):\n    return thing.config['zone']\n", "zone: Any = None"),
        ("def use(app):\n    return app.backend.config.pop('zone', 1)\n", "zone: int | float = 1"),
        ("def use():\n    return get_provider('x').config['zone']\n", "zone: Any = None"),
        ("def use(x: Thing):\n    return x.config['zone']\n", "zone: Any = None"),
        ("def use(x: 'Thing'):\n    return x.config['zone']\n", "zone: Any = None"),
        (
            "def use():\n    x = Thing({})\n    return x.config['zone'] + x.config.get('zone', 2)\n",
            "zone: Any = None",
        ),
        ("def use(y):\n    x: Thing = y\n    return x.config['zone']\n", "zone: Any = None"),
    ],
)
def test_a_key_that_is_read_elsewhere_is_a_field(convert: Callable[..., Converted], use: str, field: str) -> None:
    found = convert(module=THING, other=f"from module import Thing\n\n{use}")
    assert config_of(found.after["module.py"]) == ["a: Any", field.replace("'eu'", '"eu"')]
    (warning,) = found["Thing"].warnings
    line = 3 + use.rstrip("\n").count("\n")
    assert (warning.code, warning.line) == ("read-elsewhere", 2)
    assert warning.message == f"its key 'zone' is read in other.py:{line}, or so it seems"


@pytest.mark.parametrize(
    "use",
    [
        "def use(app):\n    return app.config['zone']\n",
        "def use(provider):\n    return provider.options['zone']\n",
        "def use(provider):\n    provider.config['zone'] = 1\n    return provider.config['a'], provider.config[0]\n",
        "class Other:\n    def use(self):\n        return self.config['zone']\n",
        "def use(provider: Other):\n    return provider.config['zone']\n\nclass Other:\n    pass\n",
        "def use(providers):\n    return providers[0].config['zone']\n",
    ],
)
def test_what_may_be_anything_else_is_left_alone(convert: Callable[..., Converted], use: str) -> None:
    found = convert(module=THING, other=f"from module import Thing\n\n{use}")
    assert config_of(found.after["module.py"]) == ["a: Any"]
    assert found["Thing"].warnings == ()


def test_where_any_key_is_taken_nothing_is_told(convert: Callable[..., Converted]) -> None:
    source = constructor(", config", "self.config = config", "look(config)")
    found = convert(module=source, other="def use(provider):\n    return provider.config['zone']\n")
    assert (found["Thing"].config, found["Thing"].warnings) == ("dict[str, Any]", ())
