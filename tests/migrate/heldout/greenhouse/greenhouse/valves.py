class Valve:
    """One of many on a board; switched all day."""

    def __init__(self, pin):
        self.pin = pin
        self.is_open = False

    def open(self):
        self.is_open = True

    def close(self):
        self.is_open = False


class ValveBoard:
    def __init__(self, pins):
        self.valves = {pin: Valve(pin) for pin in pins}

    def __getitem__(self, pin):
        return self.valves[pin]

    def all_closed(self):
        return not any(valve.is_open for valve in self.valves.values())
