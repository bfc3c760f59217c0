class OpenEnd:
    async def start(self):
        self.text = """never closed
