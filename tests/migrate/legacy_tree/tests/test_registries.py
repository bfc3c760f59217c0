import unittest
from unittest import IsolatedAsyncioTestCase

import aurora.agents.base
import aurora.core.base
import aurora.storage.base
from aurora.agents import Engine, Factory
from aurora.agents.parrot import Parrot
from aurora.agents.providers import Counting
from aurora.agents.services import ProviderRegistry as AgentRegistry
from aurora.content import PLUGINS
from aurora.core import base as core_base
from aurora.core.config import ProviderConfig, ProviderLoader
from aurora.core.manager import ProviderManager
from aurora.core.registry import ProviderRegistry
from aurora.llm.canned import CannedProvider
from aurora.llm.echo import EchoProvider
from aurora.memory import LocalProvider, RingProvider
from aurora.monitoring import create_trace
from aurora.providers import Provider, get_provider, list_providers, register_provider
from aurora.queueing.queue import QueueProvider


class ByFunction(IsolatedAsyncioTestCase):
    async def test_a_dictionary_builds_what_is_registered(self):
        provider = get_provider("echo", {"model": "tiny"})
        self.assertIsInstance(provider, Provider)
        self.assertEqual(provider.settings.model, "tiny")
        await provider.initialize()
        self.assertEqual(await provider.complete("hello"), "hello")
        await provider.cleanup()

    def test_an_unknown_name_is_an_error(self):
        with self.assertRaisesRegex(LookupError, "no provider 'nothing'"):
            get_provider("nothing")

    def test_only_classes_are_registered(self):
        with self.assertRaises(TypeError):
            register_provider("one", EchoProvider({}))
        self.assertEqual(list_providers(), ["echo"])


class ByManager(IsolatedAsyncioTestCase):
    async def test_instances_are_kept_by_type(self):
        manager = ProviderManager()
        manager.register("canned", CannedProvider)
        config = ProviderConfig(config={"answers": ["first"]})
        one = await manager.get("canned", config)
        self.assertIs(one, await manager.get("canned", None))
        self.assertEqual(await one.complete("?"), "first")
        await manager.cleanup()

    async def test_the_other_manager_creates_nothing(self):
        manager = core_base.ProviderManager()
        with self.assertRaises(NotImplementedError):
            manager.get_provider("queue")
        queue = QueueProvider({})
        await queue.connect()
        manager.register("queue", queue)
        self.assertIs(manager.get_provider("queue"), queue)
        await manager.cleanup()
        self.assertFalse(queue.connected)


class ByName(IsolatedAsyncioTestCase):
    def test_modules_and_classes_are_found_by_their_names(self):
        self.assertIs(ProviderRegistry.get("memory", "local"), LocalProvider)
        self.assertIs(ProviderRegistry.get("memory", "ring"), RingProvider)
        self.assertEqual(ProviderRegistry.get("storage", "local").__module__, "aurora.storage.providers.local")

    def test_a_loader_builds_of_keywords(self):
        loader = ProviderLoader()
        self.assertEqual(loader.load("memory", "local", max_size=9).config.max_size, 9)
        self.assertEqual(loader.load("synthesis", "tone", pitch=220).pitch, 220)
        self.assertEqual(loader.load("storage", "ram").limit, 2)
        with self.assertRaises(ModuleNotFoundError):
            loader.load("memory", "nowhere")


class ByClass(IsolatedAsyncioTestCase):
    async def test_a_factory_accepts_its_own_family_alone(self):
        factory = Factory()
        factory.register_provider_type("count", Counting)
        for stranger in (EchoProvider, LocalProvider, Parrot, 3):
            with self.assertRaisesRegex(ValueError, "Invalid provider class"):
                factory.register_provider_type("stranger", stranger)
        self.assertEqual(await Engine(factory).run("count", "abc"), 3)

    def test_a_registry_gives_an_id_where_a_config_is_expected(self):
        registry = AgentRegistry()
        registry.register("counting", Counting)
        with self.assertRaises(AttributeError):
            registry.create("counting").config.get("factor")
        registry.register("parrot", Parrot)
        with self.assertRaises(TypeError):
            registry.create("parrot")

    def test_three_bases_of_one_name_are_three(self):
        bases = {core_base.BaseProvider, aurora.storage.base.BaseProvider, aurora.agents.base.BaseProvider}
        self.assertEqual(len(bases), 3)
        self.assertEqual({base.__name__ for base in bases}, {"BaseProvider"})
        self.assertFalse(issubclass(QueueProvider, aurora.storage.base.BaseProvider))
        self.assertTrue(issubclass(QueueProvider, aurora.core.base.BaseProvider))


class ByDiscovery(IsolatedAsyncioTestCase):
    async def test_every_module_registers_itself_once(self):
        self.assertEqual(sorted(PLUGINS), ["feed", "static"])
        self.assertEqual(PLUGINS["feed"].priority, 2)
        feed = PLUGINS["feed"](url="x:", limit=1)
        await feed.setup()
        self.assertEqual(await feed.fetch(), ["x:0"])
        await feed.teardown()
        static = PLUGINS["static"]("a\nb")
        await static.setup()
        self.assertEqual(await static.fetch(), ["a", "b"])

    def test_a_table_of_kinds(self):
        self.assertEqual(create_trace("console", {"prefix": "p"}).span("x"), "p:x")
        self.assertEqual(create_trace("list").span("y"), "y")


if __name__ == "__main__":
    unittest.main()
