class Door:
    def __init__(self):
        self.is_open = False

    def open(self):
        self.is_open = True

    def close(self):
        self.is_open = False


class Window(Door):
    def __init__(self, title):
        super().__init__()
        self.title = title

    def draw(self):
        return f"[{self.title}]" if self.is_open else ""


class Tape:
    def __init__(self, length):
        self.length = length
        self.position = 0

    def start(self):
        self.position = 1

    def stop(self):
        self.position = 0
