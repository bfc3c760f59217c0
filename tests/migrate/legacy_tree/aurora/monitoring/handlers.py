import logging


class ListHandler(logging.Handler):
    def __init__(self, config=None):
        super().__init__()
        self.config = config or {}
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))

    def close(self):
        self.lines = []
        super().close()
