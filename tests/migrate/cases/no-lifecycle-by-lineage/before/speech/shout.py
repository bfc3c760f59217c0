from speech import SpeechRoot


class Shouter(SpeechRoot):
    async def speak(self, text):
        return text.upper() + "!" * self.config.get("marks", 1)


class Speller:
    """No lineage and no lifecycle."""

    def __init__(self, config):
        self.config = config

    async def speak(self, text):
        return "-".join(text)
