import os
from os import environ, getenv


class Weather:
    def __init__(self, config=None):
        self.config = config or {}
        self.key = os.environ.get("WEATHER_KEY", "none")
        self.place = getenv("WEATHER_PLACE", "Lisbon")

    async def start(self):
        self.sky = environ["WEATHER_SKY"] if "WEATHER_SKY" in environ else "blue"

    async def stop(self):
        self.sky = None

    async def look(self):
        return f"{self.place} {self.sky}"
