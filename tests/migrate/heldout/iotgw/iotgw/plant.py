"""The plant model: what the drivers' values mean."""


class Valve:
    def __init__(self, tag, max_flow):
        self.tag = tag
        self.max_flow = max_flow
        self.position = 0.0

    def open(self, percent=100.0):
        self.position = min(percent, 100.0)

    def close(self):
        self.position = 0.0

    @property
    def flow(self):
        return self.max_flow * self.position / 100


class Pump:
    def __init__(self, tag):
        self.tag = tag
        self.running = False
        self.hours = 0.0

    def start(self):
        self.running = True

    def stop(self):
        self.running = False

    def shutdown(self):
        """Emergency."""
        self.stop()
        self.locked = True


class Tank:
    def __init__(self, tag, inlet, outlet, level=0.0):
        self.tag, self.inlet, self.outlet, self.level = tag, inlet, outlet, level

    def step(self, dt):
        self.level += (self.inlet.flow - self.outlet.flow) * dt
