import unittest


class StoreTests(unittest.TestCase):
    def setUp(self):
        self.store = {}

    def tearDown(self):
        self.store.clear()

    def setup(self):
        return self.store

    def teardown(self):
        return None

    def test_empty(self):
        assert not self.store


class TestProviderLifecycle:
    async def setup(self):
        self.started = True

    async def teardown(self):
        self.started = False

    async def test_it_starts(self):
        assert True
