import threading


class ClipboardWatcher(threading.Thread):
    def __init__(self, settings):
        super().__init__(daemon=True)
        self.settings = settings
        self.halt = threading.Event()

    def run(self):
        while not self.halt.wait(self.settings["interval"]):
            pass

    def stop(self):
        self.halt.set()


class History:
    def __init__(self, limit=20):
        self.limit = limit
        self.entries = []

    def push(self, text):
        self.entries = [*self.entries, text][-self.limit :]
