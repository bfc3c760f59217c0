class Signal:
    def __init__(self, name):
        self.name = name
        self.receivers = []

    def connect(self, receiver):
        self.receivers.append(receiver)
        return receiver

    def disconnect(self, receiver):
        self.receivers.remove(receiver)

    def send(self, **values):
        return [receiver(**values) for receiver in self.receivers]


class WeakSignal(Signal):
    def disconnect(self, receiver=None):
        self.receivers = [kept for kept in self.receivers if kept is not receiver]


saved = Signal("saved")
