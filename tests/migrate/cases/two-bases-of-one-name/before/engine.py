import content.base
from things import Agent, Page


def valid(cls):
    return isinstance(cls, type) and issubclass(cls, content.base.BaseProvider)


VALID = [cls.__name__ for cls in (Agent, Page) if valid(cls)]
