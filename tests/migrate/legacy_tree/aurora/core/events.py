class EventBus:
    def __init__(self):
        self._listeners = {}

    def on(self, event, listener):
        self._listeners.setdefault(event, []).append(listener)

    def emit(self, event, /, **values):
        return [listener(**values) for listener in self._listeners.get(event, ())]
