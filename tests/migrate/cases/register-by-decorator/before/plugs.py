from typing import Callable

KNOWN: dict[str, type] = {}


def plugin(name: str, *, priority: int = 0) -> Callable[[type], type]:
    def keep(cls: type) -> type:
        cls.plugin_name = name  # type: ignore[attr-defined]
        cls.priority = priority  # type: ignore[attr-defined]
        KNOWN[name] = cls
        return cls

    return keep


def plain(cls: type) -> type:
    return cls


@plugin("reverse", priority=3)
@plain
class Reverse:
    def __init__(self, config: dict) -> None:
        self.config = config

    async def load(self) -> None:
        self.keep_case = self.config.get("keep_case", True)

    async def unload(self) -> None:
        self.keep_case = True

    async def apply(self, text: str) -> str:
        turned = text[::-1]
        return turned if self.keep_case else turned.lower()


@plugin(
    "double",
)
class Double:
    def __init__(self, config: dict) -> None:
        self.config = config

    async def load(self) -> None:
        self.times = self.config.get("times", 2)

    async def unload(self) -> None:
        self.times = 0

    async def apply(self, text: str) -> str:
        return text * self.times
