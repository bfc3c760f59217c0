import inspect
from unittest import IsolatedAsyncioTestCase
from uuid import UUID, uuid4

from aurora.agents import AgentState
from aurora.agents.parrot import Parrot
from aurora.core.config import ProviderConfig
from aurora.core.errors import NotInitializedError
from aurora.core.protocols import Lifecycle
from aurora.llm import LLMProvider
from aurora.llm.canned import CannedConfig, CannedProvider
from aurora.llm.echo import EchoConfig, EchoProvider
from aurora.memory import LocalProvider, RingProvider
from aurora.monitoring import ListTrace
from aurora.queueing.queue import QueueProvider
from aurora.storage.providers.local import LocalProvider as LocalStorage
from aurora.storage.providers.ram import RamProvider
from aurora.synthesis.providers.tone import ToneProvider


class Models(IsolatedAsyncioTestCase):
    async def test_a_typed_config(self):
        provider = EchoProvider(EchoConfig(suffix="!", api_key="k"))
        with self.assertRaises(NotInitializedError) as caught:
            await provider.complete("x")
        self.assertIs(caught.exception.provider, provider)
        await provider.initialize()
        self.assertEqual(await provider.complete("hi there"), "hi there!")
        self.assertEqual(provider.usage.total, 17)
        self.assertEqual([word async for word in provider.stream("a b")], ["a", "b!"])
        self.assertEqual(provider.config, {})
        self.assertEqual(provider.settings.api_key.get_secret_value(), "k")

    async def test_a_config_that_is_unwrapped(self):
        wrapped = CannedProvider(ProviderConfig(config={"model": "m", "answers": ["one"]}))
        self.assertEqual(await wrapped.complete("?"), "one")
        self.assertEqual(await wrapped.complete("?"), "m: ?")
        typed = CannedProvider(CannedConfig(answers=["two"]))
        self.assertEqual(await typed.complete("?"), "two")

    def test_the_root_of_models_is_abstract(self):
        with self.assertRaises(TypeError):
            LLMProvider({})
        self.assertTrue(inspect.isabstract(LLMProvider))
        self.assertFalse(inspect.isabstract(EchoProvider))


class Memories(IsolatedAsyncioTestCase):
    async def test_keywords_become_a_config(self):
        memory = LocalProvider(max_size=1)
        await memory.initialize()
        self.assertTrue(await memory.put("b", 1))
        self.assertFalse(await memory.put("a", 2))
        self.assertTrue(await memory.put("b", 3))
        self.assertEqual(await memory.get("b"), 3)
        self.assertEqual([key async for key in memory.keys()], ["b"])
        self.assertFalse(hasattr(memory, "name"))
        memory.config = memory.config.model_copy(update={"max_size": 5})
        self.assertTrue(await memory.put("a", 2))
        await memory.cleanup()
        self.assertIsNone(await memory.get("b"))
        with self.assertRaises(ValueError):
            LocalProvider(max_size="many")

    async def test_a_ring(self):
        ring = RingProvider(2, name="mine")
        self.assertEqual(ring.name, "mine")
        self.assertIsInstance(ring, Lifecycle)
        await ring.initialize()
        for number in range(3):
            left = await ring.add(number)
        self.assertEqual(left, [1, 2])
        await ring.cleanup()
        self.assertIsNone(ring.items)

    def test_signatures_stay(self):
        self.assertEqual(str(inspect.signature(RingProvider.__init__)), "(self, size=2, **options)")
        self.assertEqual(list(inspect.signature(LocalProvider.get).parameters), ["self", "key", "default"])
        self.assertTrue(inspect.iscoroutinefunction(LocalProvider.put))
        self.assertTrue(inspect.isasyncgenfunction(LocalProvider.keys))
        self.assertFalse(inspect.iscoroutinefunction(RamProvider.put))


class Storages(IsolatedAsyncioTestCase):
    async def test_template_hooks(self):
        storage = LocalStorage({})
        self.assertEqual(storage.state, "created")
        await storage.initialize()
        self.assertEqual(storage.state, "ready")
        self.assertEqual(await storage.put("a.txt", b"abc"), 3)
        self.assertEqual(await storage.get("a.txt"), b"abc")
        with self.assertRaises(PermissionError):
            await storage.get("../../escaped")
        await storage.cleanup()
        self.assertEqual(storage.state, "closed")

    def test_the_synchronous_one(self):
        ram = RamProvider(limit=1)
        ram.initialize()
        self.assertEqual(ram.put("a", b"1"), 1)
        with self.assertRaises(OverflowError):
            ram.put("b", b"2")
        ram.cleanup()


class Others(IsolatedAsyncioTestCase):
    async def test_a_queue(self):
        queue = QueueProvider({"size": 1})
        with self.assertRaises(ConnectionError):
            await queue.push("a")
        await queue.connect()
        self.assertEqual(await queue.push("a"), 1)
        self.assertEqual(await queue.pop(), "a")
        self.assertIsNone(await queue.pop())
        await queue.disconnect()

    async def test_an_agent(self):
        agent = Parrot(uuid4(), {"name": "polly"}, {"skills": ["talk"]})
        self.assertIsInstance(agent.id, UUID)
        self.assertIsNone(agent.validate())
        await agent.initialize()
        self.assertIs(agent.phase, AgentState.READY)
        self.assertEqual(await agent.act("hello"), "polly: hello")
        await agent.cleanup()
        with self.assertRaises(ValueError):
            Parrot(uuid4(), {}, {}).validate()

    async def test_a_voice(self):
        voice = ToneProvider(voice="deep", pitch=110)
        self.assertEqual(voice.config.settings, {"voice": "deep", "pitch": 110})
        with self.assertRaises(RuntimeError):
            await voice.say("x")
        await voice.initialize()
        self.assertEqual(await voice.say("x"), b"deep@110: x")
        await voice.cleanup()

    async def test_a_trace(self):
        trace = ListTrace()
        trace.span("a")
        self.assertEqual(await trace.flush(), 1)
        await trace.shutdown()
        self.assertEqual(trace.spans, [])
