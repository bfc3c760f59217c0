import unittest


class ProviderTest(unittest.TestCase):
    def setUp(self):
        self.provider = {}

    def tearDown(self):
        self.provider.clear()

    def test_start(self):
        self.assertEqual(self.provider, {})


class AsyncProviderTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.provider = {}

    async def asyncTearDown(self):
        self.provider.clear()

    async def setup(self):
        return "not a hook"

    async def teardown(self):
        return "nor this"

    async def test_start(self):
        self.assertEqual(self.provider, {})


class TestProvider:
    def setup_method(self):
        self.provider = {}

    def teardown_method(self):
        self.provider.clear()

    async def test_stop(self):
        assert not self.provider
