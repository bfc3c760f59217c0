import abc


class Renderer(abc.ABC):
    def __init__(self, options):
        self.options = options

    @abc.abstractmethod
    def render(self, node): ...


class Plain(Renderer):
    def render(self, node):
        return " ".join(type(each).__name__ for each in node.walk())


class Include:
    def __init__(self, folder):
        self.folder = folder

    def load(self, name):
        return f"{self.folder}/{name}"
