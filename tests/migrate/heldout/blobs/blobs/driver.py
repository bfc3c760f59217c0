import abc


class Driver(metaclass=abc.ABCMeta):
    """Synchronous, as disks are."""

    def __init__(self, **options):
        self.options = options

    def setup(self):
        return None

    def teardown(self):
        return None

    @abc.abstractmethod
    def put(self, key, data): ...
