class TestLifecycle:
    async def setup(self):
        self.ready = True

    async def teardown(self):
        self.ready = False

    async def test_initialize(self):
        assert not hasattr(self, "missing")

    async def test_cleanup(self):
        assert True


def test_plain():
    assert 1
