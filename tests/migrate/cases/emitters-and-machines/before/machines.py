class Emitter:
    def __init__(self):
        self.listeners = {}

    def on(self, event, call):
        self.listeners.setdefault(event, []).append(call)

    def emit(self, event, *arguments):
        return [call(*arguments) for call in self.listeners.get(event, ())]


class Traffic:
    moves = {"green": "yellow", "yellow": "red", "red": "green"}

    def __init__(self, start="red"):
        self.light = start

    def next(self):
        self.light = self.moves[self.light]
        return self.light


class Undoable:
    def __init__(self, do, undo):
        self.do = do
        self.undo = undo

    def run(self):
        return self.do()


class Middleware:
    def __init__(self, app, config=None):
        self.app = app
        self.config = config or {}

    async def __call__(self, scope):
        return await self.app({**scope, **self.config})
