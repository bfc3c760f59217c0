from collections import deque

from aurora.memory.base import BaseMemory


class RingProvider(BaseMemory):
	"""Tabs, and the newest few."""

	def __init__(self, size=2, **options):
		super().__init__(options.get("name", "ring"))
		self.size = size
		self.items = None

	async def initialize(self):
		self.items = deque(maxlen=self.size)

	async def cleanup(self):
		self.items = None

	async def add(self, item):
		self.items.append(item)
		return list(self.items)
