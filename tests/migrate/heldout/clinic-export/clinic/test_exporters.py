import unittest
from unittest import mock

from clinic.exporters import Document, Registry39, Sftp


class SftpTest(unittest.TestCase):
    def setUp(self):
        self.sftp = Sftp(mock.Mock())

    def tearDown(self):
        self.sftp = None

    def test_put(self):
        with mock.patch("paramiko.SSHClient"):
            with self.sftp as s:
                s.put("a", b"")


class TestRegistry:
    def setup(self):
        self.reg = Registry39("wsdl", "cert")

    def teardown(self):
        self.reg = None

    def test_connect(self):
        with mock.patch("zeep.Client"):
            self.reg.connect()


class StubSoap:
    class service:
        @staticmethod
        def Login(cert):
            return 1

        @staticmethod
        def Logout(ticket):
            return None
