import collections
import dataclasses
import enum
import types

Provider = type("Provider", (), {"initialize": lambda self: None, "cleanup": lambda self: None})
Config = dataclasses.make_dataclass("Config", ["name", ("size", int, 3)])
Kind = enum.Enum("Kind", "LOCAL REMOTE")
Pair = collections.namedtuple("Pair", "left right")
Late = types.new_class("Late", (Provider,))


def describe():
    return [Provider.__name__, Config("a").size, Kind.LOCAL.value, Pair(1, 2), Late.__mro__[1] is Provider]
