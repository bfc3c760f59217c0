"""Settings and classes that come past the config and past imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.migrate.scan_faults.marked import check

if TYPE_CHECKING:
    from pathlib import Path

    from purveyor.migrate.scan.kinds import Kind

CONFIGS = """
    import config as settings
    class Chat:
        def __init__(self, config, context):
            self.config = config
            self.model = config.config["model"]  # ! double-config
            self.deep = self.config.config.get("x")  # ! double-config
            self.of_other = context.config.config  # ! double-config
            self.once = self.config.get("config"), context.config, config["config"]
            self.called = self.config.config()
        def module(self):
            import config
            return settings.config, config.config, self.chat.config
        chat = None
    """

LOOKUPS = """
    import importlib, sys
    from importlib import import_module as load
    class Loader:
        def find(self, name, package, kind):
            module = importlib.import_module(f"drivers.{name}")  # ! dynamic-lookup
            other = load(name)  # ! dynamic-lookup
            __import__(name)  # ! dynamic-lookup
            cls = getattr(module, name)  # ! dynamic-lookup
            made = name.title() + "Provider"
            return (
                getattr(package, f"{name.title()}Provider"),  # ! dynamic-lookup
                getattr(package, made),  # ! dynamic-lookup
                getattr(importlib.import_module("drivers"), name + "Driver"),  # ! dynamic-lookup
                cls, other,
            )
    """

NAMED = """
    import importlib
    class Loader:
        def find(self, name, package):
            module = importlib.import_module("drivers")
            where = "drivers.local"
            fixed = "Local"
            importlib.import_module(where)
            return (
                getattr(module, "Local"), getattr(module, fixed), getattr(self, f"{name}Provider"), getattr(package, name),
                getattr(package, f"_on_{name}"), getattr(package, f"{name}_handler"), getattr(package, f""), getattr(),
                getattr(package, f"Provider{name}"), self.import_module(name), package.getattr(name), package()(name),
                getattr(package), getattr(package, name.title()),
            )
        def import_module(self, name): ...
        def own(self, importlib, name): return importlib.import_module(name)
    """

ENVIRONMENT = """
    import os
    from os import environ, getenv
    class Client:
        debug = os.getenv("DEBUG")  # ! environment-read
        def __init__(self):
            self.key = os.environ["KEY"]  # ! environment-read
            self.url = os.environ.get("URL", "u")  # ! environment-read
            self.other = environ["OTHER"] or getenv("X")  # ! environment-read
            self.known = "KEY" in os.environ  # ! environment-read
    """

HANDED_ON = """
    import os, subprocess
    class Client:
        def run(self, os_like):
            subprocess.run(["x"], env=os.environ)
            subprocess.run(["x"], env={**os.environ, "A": "1"})
            os.environ["SET"] = "1"
            del os.environ["SET"]
            env = os.environ.copy()
            dict(os.environ)
            return env, os_like.environ["X"], os_like.getenv("X"), self.environ
        environ = None
    """


@pytest.mark.parametrize("text", [CONFIGS, LOOKUPS, NAMED, ENVIRONMENT, HANDED_ON])
def test_providers(tmp_path: Path, text: str) -> None:
    check(tmp_path, text, files={"config.py": "config = {}\n"})


@pytest.mark.parametrize("kind", ["data", "config"])
def test_other_classes_may(tmp_path: Path, kind: Kind) -> None:
    for number, text in enumerate((CONFIGS, LOOKUPS, ENVIRONMENT)):
        plain = "\n".join(line.partition("  # !")[0] for line in text.splitlines())
        check(tmp_path / str(number), plain, kind=kind, files={"config.py": "config = {}\n"})


def test_a_registry_looks_up(tmp_path: Path) -> None:
    check(tmp_path, LOOKUPS, kind="registry")


def test_a_protocol_has_no_attributes_to_look_for(tmp_path: Path) -> None:
    text = "from typing import Protocol\nclass Reader(Protocol):\n    def read(self): return self.unknown\n"
    check(tmp_path, text, kind="protocol")
