"""Legacy programs run unchanged once the module of their registry is replaced by a few lines.

Each of them builds its providers in one of the ways found in real code. First it runs as it was, so that it is
known what it does, defects included; then its file ``registry.py`` is replaced.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from purveyor.manager import ProviderManager

pytestmark = pytest.mark.filterwarnings("ignore:.* is a legacy registry's:DeprecationWarning")

PROVIDERS = """
    import asyncio

    class ProviderConfig:
        def __init__(self, **values):
            self.config = values.pop("config", values)

    class OpenAIConfig:
        def __init__(self, model: str, temperature: float = 0.5):
            self.model = model
            self.temperature = temperature

    class BaseProvider:
        def __init__(self, config):
            self.config = config
            self._initialized = False

        async def initialize(self):
            await asyncio.sleep(0)
            self._initialized = True

        async def cleanup(self):
            self._initialized = False
            LOG.append(f"{type(self).__name__} closed")

    class OpenAIProvider(BaseProvider):
        def __init__(self, config: OpenAIConfig):
            super().__init__(config)
            self.model = config.model

        async def complete(self, prompt):
            assert self._initialized
            return f"{self.model}: {prompt}"

        async def stream(self, prompt):
            for word in prompt.split():
                yield word

    class MockProvider(BaseProvider):
        async def complete(self, prompt):
            assert self._initialized
            return self.config.config["prefix"] + prompt

    class LocalProvider:
        def __init__(self, **config):
            self.path = config.get("path", "/tmp")
            self.items = {}

        async def initialize(self):
            LOG.append(f"opened {self.path}")

        async def cleanup(self):
            LOG.append(f"closed {self.path}")

        async def put(self, key, value):
            self.items[key] = value

        def count(self):
            return len(self.items)

    class ConsoleProvider:
        def __init__(self, config=None):
            self.config = config or {}

        async def shutdown(self):
            LOG.append("shutdown")

        async def export(self, span):
            return {**self.config, "span": span}

    LOG = []
"""

#: 1. A registry of the process that builds generic configs, and leaves the start to the caller.
WAY_1 = {
    "registry": """
        from legacyapp.providers import ProviderConfig

        class ProviderRegistry:
            _classes = {}

            @classmethod
            def register_provider(cls, type, provider_class):
                cls._classes[type] = provider_class

            @classmethod
            def get_provider(cls, type, config):
                return cls._classes[type](ProviderConfig(**config))
    """,
    "shim": """
        from legacyapp.providers import ProviderConfig
        from purveyor.migrate import LegacyRegistry

        ProviderRegistry = registry = LegacyRegistry(MANAGER, style="sync", generic=ProviderConfig)
    """,
    "program": """
        from legacyapp.providers import MockProvider, OpenAIProvider
        from legacyapp.registry import ProviderRegistry

        ProviderRegistry.register_provider("mock", MockProvider)
        ProviderRegistry.register_provider("openai", OpenAIProvider)

        async def main(results):
            mock = ProviderRegistry.get_provider("mock", {"prefix": "> "})
            assert isinstance(mock, MockProvider)
            await mock.initialize()
            results.append(await mock.complete("hello"))
            await mock.cleanup()
            openai = ProviderRegistry.get_provider("openai", {"model": "m"})
            await openai.initialize()
            results.append(await openai.complete("hello"))
            results.append([word async for word in openai.stream("a b")])
            await openai.cleanup()
    """,
}

#: 2. A manager that builds with the config as it is, initializes, and keeps what it has built by type.
WAY_2 = {
    "registry": """
        class ProviderManager:
            def __init__(self):
                self._classes, self._providers = {}, {}

            def register_provider(self, type, cls):
                self._classes[type] = cls

            async def get_provider(self, type, config=None):
                if type not in self._providers:
                    provider = self._classes[type](config)
                    await provider.initialize()
                    self._providers[type] = provider
                return self._providers[type]

            async def cleanup(self):
                for provider in reversed(self._providers.values()):
                    await provider.cleanup()
                self._providers.clear()

        manager = ProviderManager()
    """,
    "shim": """
        from purveyor.migrate import LegacyRegistry

        manager = registry = LegacyRegistry(MANAGER)
    """,
    "program": """
        from legacyapp.providers import OpenAIConfig, OpenAIProvider
        from legacyapp.registry import manager

        manager.register_provider("openai", OpenAIProvider)

        async def main(results):
            openai = await manager.get_provider("openai", OpenAIConfig("m"))
            again = await manager.get_provider("openai")
            results.append(again is openai)
            results.append(await again.complete("hello"))
            results.append(again.config.temperature)
            await manager.cleanup()
            results.append(openai._initialized if FIRST else None)
    """,
}

#: 4. A factory that takes subclasses of a base only which nobody derives from.
WAY_4 = {
    "registry": """
        class BaseProvider: ...

        class ProviderFactory:
            def __init__(self):
                self._types = {}

            def register_provider_type(self, name, cls):
                if not issubclass(cls, BaseProvider):
                    raise ValueError("Invalid provider class")
                self._types[name] = cls

            async def create_provider(self, name, **config):
                return self._types[name](**config)

        factory = ProviderFactory()
    """,
    "shim": """
        from purveyor.migrate import LegacyRegistry

        factory = registry = LegacyRegistry(MANAGER)
    """,
    "program": """
        from legacyapp.providers import LocalProvider
        from legacyapp.registry import factory

        async def main(results):
            factory.register_provider_type("local", LocalProvider)
            one = await factory.create_provider("local", path="/a")
            two = await factory.create_provider("local", path="/a")
            await one.put("k", 1)
            results.append([one is two, one.path, one.count(), two.count()])
    """,
}

#: 5. A registry that hands a UUID to what expects a config.
WAY_5 = {
    "registry": """
        from uuid import uuid4

        _classes = {}

        def register_provider(name, provider_class):
            _classes[name] = provider_class

        async def get_provider(name, config):
            provider = _classes[name](uuid4())
            await provider.initialize()
            return provider

        async def shutdown(): ...
    """,
    "shim": """
        from purveyor.migrate import LegacyRegistry

        registry = LegacyRegistry(MANAGER)
        register_provider = registry.register_provider
        get_provider = registry.get_provider
        shutdown = registry.shutdown
    """,
    "program": """
        from legacyapp.providers import LOG, OpenAIProvider
        from legacyapp.registry import get_provider, register_provider, shutdown

        register_provider("openai", provider_class=OpenAIProvider)

        async def main(results):
            openai = await get_provider("openai", {"model": "m"})
            results.append(await openai.complete("hello"))
            await shutdown()
            results.append(list(LOG))
    """,
}

#: 6. A registry by capability and type, which imports what it does not know.
WAY_6 = {
    "registry": """
        import importlib

        class ProviderRegistry:
            def __init__(self):
                self._classes, self._instances = {}, {}

            def register(self, capability, type, cls):
                self._classes[capability, type] = cls

            async def get_provider(self, capability, type, config=None):
                if (capability, type) not in self._classes:
                    importlib.import_module(f"legacyapp.{capability}_{type}")
                provider = self._classes[capability, type](**(config or {}))
                await provider.initialize()
                self._instances[capability, type] = provider
                return provider

            def list_providers(self, capability):
                return [type for each, type in self._classes if each == capability]

            async def cleanup(self):
                for provider in self._instances.values():
                    await provider.cleanup()

        registry = ProviderRegistry()
    """,
    "shim": """
        import importlib
        from purveyor.migrate import LegacyRegistry

        registry = LegacyRegistry(
            MANAGER,
            resolve=lambda capability, type: importlib.import_module(f"legacyapp.{capability}_{type}").Provider,
        )
    """,
    "memory_local": """
        from legacyapp.providers import LocalProvider
        from legacyapp.registry import registry

        class Provider(LocalProvider): ...

        registry.register("memory", "local", Provider)
    """,
    "program": """
        from legacyapp.providers import LOG
        from legacyapp.registry import registry

        async def main(results):
            local = await registry.get_provider("memory", "local", {"path": "/b"})
            await local.put("k", 1)
            results.append([local.count(), registry.list_providers("memory")])
            await registry.cleanup()
            results.append(list(LOG))
    """,
}

#: 7. A loader of classes by strings, which guesses their names.
WAY_7 = {
    "registry": """
        import importlib

        class ProviderLoader:
            def load(self, module, name, **config):
                loaded = importlib.import_module(f"legacyapp.{module}")
                return getattr(loaded, f"{name.title()}Provider")(**config)

        loader = ProviderLoader()
    """,
    "shim": """
        import importlib
        from purveyor.migrate import LegacyRegistry

        def find(module, name):
            classes = vars(importlib.import_module(f"legacyapp.{module}"))
            return next(cls for each, cls in classes.items() if each.lower() == f"{name}provider")

        registry = LegacyRegistry(MANAGER, style="sync", resolve=find)

        class loader:
            load = registry.create_provider
    """,
    "program": """
        from legacyapp.providers import LOG
        from legacyapp.registry import loader

        async def main(results):
            local = loader.load("providers", "local", path="/c")
            await local.initialize()
            results.append(local.count())
            await local.cleanup()
            console = loader.load("providers", "console", config={"endpoint": "e"})
            results.append(await console.export("s"))
            await console.shutdown()
            results.append(list(LOG))
            openai = loader.load("providers", "openai", model="m")
            results.append(openai.model)
    """,
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Write a program, with its registry or with the shim, and run it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    package = tmp_path / "legacyapp"
    package.mkdir()
    (package / "__init__.py").touch()

    def forget() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "legacyapp"]:
            del sys.modules[name]
        importlib.invalidate_caches()

    def run(files: dict[str, str], *, old: bool) -> tuple[list[Any], Exception | None, list[str]]:
        forget()
        manager = ProviderManager()
        for name, text in {"providers": PROVIDERS, **files}.items():
            (package / f"{name}.py").write_text(dedent(text))
        if not old:
            (package / "registry.py").write_text(f"from legacyapp import MANAGER\n{dedent(files['shim'])}")
        app = importlib.import_module("legacyapp")
        app.MANAGER = manager  # type: ignore[attr-defined]
        results: list[Any] = []
        seen: list[str] = []
        register = manager.register

        async def noting(provider: Any, **options: Any) -> None:
            await register(provider, **options)
            seen.append(provider.metadata.name)

        monkeypatch.setattr(manager, "register", noting)

        async def main() -> None:
            program = importlib.import_module("legacyapp.program")
            program.FIRST = old  # type: ignore[attr-defined]
            try:
                await program.main(results)
            finally:
                if not old:
                    await sys.modules["legacyapp.registry"].registry.cleanup()
                    assert manager.registered_names() == ()

        try:
            asyncio.run(main())
        except Exception as error:
            return results, error, seen
        return results, None, seen

    yield run
    forget()


def test_way_1_generic_configs(run: Any) -> None:
    results, error, _ = run(WAY_1, old=True)
    assert results == ["> hello"]
    assert "'ProviderConfig' object has no attribute 'model'" in str(error)
    assert run(WAY_1, old=False) == (["> hello", "m: hello", ["a", "b"]], None, ["mock", "openai"])


def test_way_2_a_manager_that_caches_by_type(run: Any) -> None:
    assert run(WAY_2, old=True) == ([True, "m: hello", 0.5, False], None, [])
    assert run(WAY_2, old=False) == ([True, "m: hello", 0.5, None], None, ["openai"])


def test_way_4_a_factory_that_refuses_everyone(run: Any) -> None:
    _, error, _ = run(WAY_4, old=True)
    assert str(error) == "Invalid provider class"
    assert run(WAY_4, old=False) == ([[False, "/a", 1, 0]], None, ["local", "local-2"])


def test_way_5_an_identifier_in_the_place_of_a_config(run: Any) -> None:
    _, error, _ = run(WAY_5, old=True)
    assert "'UUID' object has no attribute 'model'" in str(error)
    assert run(WAY_5, old=False) == (["m: hello", ["OpenAIProvider closed"]], None, ["openai"])


def test_way_6_by_capability_with_imports(run: Any) -> None:
    expected = [[1, ["local"]], ["opened /b", "closed /b"]]
    assert run(WAY_6, old=True) == (expected, None, [])
    assert run(WAY_6, old=False) == (expected, None, ["memory.local"])


def test_way_7_a_loader_of_strings(run: Any) -> None:
    expected = [0, {"endpoint": "e", "span": "s"}, ["opened /c", "closed /c", "shutdown"]]
    results, error, _ = run(WAY_7, old=True)
    assert results == expected
    assert "has no attribute 'OpenaiProvider'" in str(error)
    assert run(WAY_7, old=False) == ([*expected, "m"], None, ["providers.local"])
