class MeterReader:
    def __init__(self, config):
        self.port = config["port"]
        self.handle = None

    def connect(self):
        self.handle = self.port

    def disconnect(self):
        self.handle = None

    def __enter__(self):
        self.connect()
        return self

    def __exit__(self, *error):
        self.disconnect()

    def read(self, register):
        return f"{self.handle}:{register}"
