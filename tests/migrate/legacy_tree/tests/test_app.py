import contextlib
import io
import logging
import pickle
from unittest import IsolatedAsyncioTestCase

from aurora import cli
from aurora.app import Aurora
from aurora.core.config import AppConfig
from aurora.jobs import JobRunner
from aurora.memory import RingProvider
from aurora.monitoring.handlers import ListHandler
from aurora.utils.iteration import Batches
from aurora.utils.timing import Stopwatch


class Application(IsolatedAsyncioTestCase):
    async def test_it_answers(self):
        app = Aurora(AppConfig(name="test"))
        self.assertEqual(await app.answer("what?"), "what?")

    async def test_jobs_tell_the_application(self):
        app = Aurora()
        told = []
        app.events.on("started", lambda name: told.append(f"+{name}"))
        app.events.on("stopped", lambda name: told.append(f"-{name}"))
        self.assertIs(app.jobs.app, app)
        with self.assertRaises(RuntimeError):
            await app.jobs.submit("early")
        await app.jobs.start()
        self.assertEqual(await app.jobs.submit("one"), 1)
        await app.jobs.stop()
        self.assertEqual(told, ["+jobs", "-jobs"])

    async def test_a_subclass_outside_of_the_tree_s_own_modules(self):
        class Loud(RingProvider):
            async def add(self, item):
                return await super().add(item.upper())

        loud = Loud(size=1)
        await loud.initialize()
        self.assertEqual(await loud.add("a"), ["A"])
        self.assertEqual(JobRunner.__qualname__, "JobRunner")


class Rest(IsolatedAsyncioTestCase):
    def test_the_command_line(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(cli.main(["are", "you", "there"]), 0)
        self.assertEqual(out.getvalue(), "are you there\n")

    def test_helpers(self):
        self.assertEqual(list(Batches(range(5), 2)), [[0, 1], [2, 3], [4]])
        with Stopwatch() as watch:
            pass
        self.assertGreaterEqual(watch.took, 0)
        handler = ListHandler()
        logger = logging.getLogger("aurora.test")
        logger.addHandler(handler)
        logger.warning("careful")
        self.assertEqual(handler.lines, ["careful"])
        logger.removeHandler(handler)
        handler.close()

    def test_an_idle_provider_can_be_pickled(self):
        ring = pickle.loads(pickle.dumps(RingProvider(3)))
        self.assertEqual(ring.size, 3)
