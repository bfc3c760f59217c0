from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class TabbedConfig:
	"""The config of `Tabbed`."""

	count: int = 0


class Tabbed(LegacyProvider[TabbedConfig]):
	"""Tabs, as some like them."""

	provider_capabilities = ("value",)

	@classmethod
	def from_config(cls, config: TabbedConfig) -> "Tabbed":
		"""Build it from a typed config, by the constructor."""
		return cls(settings(config))

	def __init__(self, config):
		self.config = config
		self.count = config.get("count", 0)

	async def initialize(self) -> None:
		"""Start, as the manager calls it."""
		await self.start()

	async def cleanup(self) -> None:
		"""Stop, as the manager calls it."""
		await self.stop()

	async def start(self):
		self.count += 1

	async def stop(self):
		self.count = 0

	@operation
	async def value(self):
		if self.count:
			return self.count
		return None
