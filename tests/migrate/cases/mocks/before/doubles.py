from unittest import mock


class FakeProvider(mock.Mock):
    def start(self):
        return "started"

    def stop(self):
        return "stopped"


class RecordedProvider:
    """Plays back what was recorded."""

    def __init__(self, answers):
        self.answers = list(answers)

    async def complete(self, prompt):
        return self.answers.pop(0)
