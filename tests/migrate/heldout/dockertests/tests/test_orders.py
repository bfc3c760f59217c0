import unittest

from tests.support.clock import FrozenClock
from tests.support.containers import Postgres


class OrdersTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pg = Postgres("15").start()

    @classmethod
    def tearDownClass(cls):
        cls.pg.stop()

    def setup(self):
        self.clock = FrozenClock()
        self.clock.start()

    def teardown(self):
        self.clock.stop()

    def test_dsn(self):
        self.assertIn("postgresql://", self.pg.dsn)


class TestCancel:
    def setup_method(self):
        self.items = []

    def setup(self):
        pass

    def teardown(self):
        self.items.clear()

    def test_empty(self):
        assert not self.items


class FakeOrder:
    def __init__(self, n):
        self.n = n
