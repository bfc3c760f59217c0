"""JSON Schema of the file, and the embedded defaults."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import Any

import pytest

import purveyor.config
from purveyor.catalog import Catalog, Driver
from purveyor.config import TEMPLATE, json_schema, load_config
from purveyor.errors import MissingExtraError
from purveyor.lifecycle.supervision import Supervision

CATALOG = Catalog(
    Driver(name, "tests", "1", f"tests.config.{place}", ("x",))
    for name, place in {
        "store": "drivers:Store",
        "model": "drivers:Model",
        "open": "drivers:Open",
        "odd": "drivers:Odd",
        "loose": "drivers:Loose",
        "none": "drivers:NoConfig",
        "unbuildable": "drivers:Unbuildable",
        "broken": "drivers:Half",
        "missing": "needs_missing:X",
    }.items()
)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema(CATALOG)


def choices(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = schema["properties"]["providers"]["additionalProperties"]["anyOf"]
    return {choice["properties"]["driver"].get("const", "others"): choice for choice in found}


def test_it_is_json_and_all_its_references_lead_somewhere(schema: dict[str, Any]) -> None:
    text = json.dumps(schema)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert references
    assert references <= schema["$defs"].keys()


def test_each_driver_that_can_be_imported_has_its_keys(schema: dict[str, Any]) -> None:
    found = choices(schema)
    assert set(found) == {"store", "model", "open", "odd", "loose", "none", "unbuildable", "others"}
    store = found["store"]
    assert store["required"] == ["driver", "path"]
    assert store["additionalProperties"] is False
    assert {"path", "mode", "driver", "labels", "required"} <= store["properties"].keys()
    assert found["open"]["additionalProperties"] is True
    assert found["loose"]["additionalProperties"] is True
    assert found["none"]["additionalProperties"] is False
    assert set(found["none"]["properties"]) == set(found["others"]["properties"])
    assert found["unbuildable"]["additionalProperties"] is True


def test_drivers_that_cannot_be_imported_may_have_any_keys(schema: dict[str, Any]) -> None:
    others = choices(schema)["others"]
    assert "additionalProperties" not in others
    assert [option.get("const") for option in others["properties"]["driver"]["anyOf"]] == [
        None,
        "broken",
        "missing",
    ]


def test_what_may_be_written_for_a_value_is_allowed(schema: dict[str, Any]) -> None:
    store = choices(schema)["store"]["properties"]
    assert store["timeout"]["default"] == 30
    kinds = [option.get("type") for option in store["timeout"]["anyOf"]]
    assert kinds == ["number", "string"], "a number may come from the environment"
    assert {"$ref": "#/$defs/secret"} in store["tokens"]["items"]["anyOf"]
    assert store["path"]["anyOf"][0] == {"format": "path", "type": "string"}


def test_the_whole_file_is_described(schema: dict[str, Any]) -> None:
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {"version", "providers", "profiles", "server", "supervision"}
    overlay = schema["properties"]["profiles"]["additionalProperties"]["properties"]
    assert set(overlay) == {"providers", "server", "supervision"}
    supervision = overlay["supervision"]["properties"]
    assert supervision["check_interval"]["description"] == "How often a provider is checked."
    assert supervision["check_interval"]["default"] == 10
    assert supervision["jitter"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 1}
    assert "driver" in overlay["providers"]["additionalProperties"]["properties"]
    assert "How long" in schema["$defs"]["Policy"]["properties"]["timeout"]["description"]


def test_the_installed_drivers_are_the_default() -> None:
    assert "memory.sqlite" in json.dumps(json_schema())


def test_the_template_says_what_runs_without_it() -> None:
    tree = tomllib.loads(TEMPLATE)
    assert tree == {
        "version": 1,
        "providers": {
            "notes": {"driver": "memory.sqlite", "path": "${PURVEYOR_DATA:-.purveyor}/notes.db"},
            "files": {"driver": "storage.local", "root": "${PURVEYOR_DATA:-.purveyor}/files"},
        },
    }


def test_the_template_s_comments_are_valid_too() -> None:
    commented = [line.removeprefix("# ") for line in TEMPLATE.splitlines() if line.startswith(("# [", "# "))]
    examples = [line for line in commented if line.startswith("[") or " = " in line]
    tree = tomllib.loads("\n".join(examples))
    assert tree["providers"]["summariser"]["policy"] == {"timeout": "30s", "retries": 2}
    assert tree["server"] == {"host": "127.0.0.1", "port": 8765, "watch": True}
    assert load_config({"supervision": tree["supervision"]}).supervision == Supervision()
    assert "files" in tree["profiles"]["dev"]["providers"]


class TestThePackage:
    def test_it_names_what_it_has(self) -> None:
        assert set(dir(purveyor.config)) == set(purveyor.config.__all__) == set(purveyor.config._MODULES)
        for name in purveyor.config.__all__:
            assert getattr(purveyor.config, name) is not None
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            purveyor.config.nothing  # noqa: B018

    def test_importing_it_imports_no_pydantic(self) -> None:
        code = "import sys, purveyor.config, purveyor.app; print([m for m in sys.modules if 'pydantic' in m])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"

    @pytest.mark.parametrize("module", ["pydantic", "pydantic_core"])
    def test_without_pydantic_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
        for name in list(sys.modules):
            if name.startswith("purveyor.config."):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, "pydantic.json_schema", raising=False)
        if module == "pydantic_core":
            for name in list(sys.modules):
                if name.partition(".")[0] == "pydantic":
                    monkeypatch.delitem(sys.modules, name)
        with pytest.raises(MissingExtraError, match=r"pip install 'purveyor\[config\]'"):
            purveyor.config.load_config  # noqa: B018

    def test_another_missing_module_is_not_blamed_on_pydantic(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(sys.modules, "purveyor.config.source", raising=False)
        monkeypatch.setitem(sys.modules, "tomllib", None)
        with pytest.raises(ModuleNotFoundError, match="tomllib"):
            purveyor.config.find_config  # noqa: B018
