import multiprocessing


class Backoff:
    def __init__(self, config=None):
        self.config = config or {}

    def __iter__(self):
        wait = self.config.get("first", 1)
        while True:
            yield wait
            wait *= 2


class ConsumerProcess(multiprocessing.Process):
    def __init__(self, consumer, config):
        super().__init__()
        self.consumer = consumer
        self.config = config

    def run(self):
        return None

    def stop(self):
        self.terminate()


class ConsumerError(Exception):
    def __init__(self, consumer):
        super().__init__(consumer.topic)


class PoisonError(ConsumerError):
    pass
