class Tabbed:
	"""Tabs, as some like them."""

	def __init__(self, config):
		self.config = config
		self.count = config.get("count", 0)

	async def start(self):
		self.count += 1

	async def stop(self):
		self.count = 0

	async def value(self):
		if self.count:
			return self.count
		return None
