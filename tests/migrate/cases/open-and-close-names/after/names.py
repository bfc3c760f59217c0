from typing import Any

from purveyor.migrate import LegacyProvider, settings


class Base:
    def __init__(self, config):
        self.config = config
        self.log = []

    async def history(self):
        return list(self.log)


class ByInit(Base, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ByInit":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.init()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.shutdown()

    async def init(self):
        self.log.append("init")

    async def shutdown(self):
        self.log.append("shutdown")


class BySetup(Base, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "BySetup":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.setup()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.teardown()

    async def setup(self):
        self.log.append("setup")

    async def teardown(self):
        self.log.append("teardown")


class ByOpen(Base, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ByOpen":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.open()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    async def open(self):
        self.log.append("open")

    async def close(self):
        self.log.append("close")


class ByConnect(Base, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ByConnect":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.connect()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.disconnect()

    async def connect(self):
        self.log.append("connect")

    async def disconnect(self):
        self.log.append("disconnect")


class ByLoad(Base, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ByLoad":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.load()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.unload()

    async def load(self):
        self.log.append("load")

    async def unload(self):
        self.log.append("unload")


class ByStart(Base, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ByStart":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.aclose()

    async def start(self):
        self.log.append("start")

    async def aclose(self):
        self.log.append("aclose")


class ByInitialize(Base, LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ByInitialize":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.dispose()

    async def initialize(self):
        self.log.append("initialize")

    async def dispose(self):
        self.log.append("dispose")
