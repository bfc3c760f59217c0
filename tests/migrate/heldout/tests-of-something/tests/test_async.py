from unittest import IsolatedAsyncioTestCase


class AsyncStoreTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.store = {}

    async def asyncTearDown(self):
        self.store = None

    async def start(self):
        return 1

    async def stop(self):
        return 0


class MoreTests(AsyncStoreTests):
    async def test_more(self):
        assert self.store == {}
