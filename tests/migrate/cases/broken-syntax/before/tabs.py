class Tabs:
    async def start(self):
        self.a = 1
	self.b = 2
