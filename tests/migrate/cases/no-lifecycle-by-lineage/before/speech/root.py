class SpeechRoot:
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        """Nothing to do."""

    async def cleanup(self):
        """Nothing to undo."""

    async def speak(self, text):
        raise NotImplementedError


class Whisperer(SpeechRoot):
    async def speak(self, text):
        return text.lower()
