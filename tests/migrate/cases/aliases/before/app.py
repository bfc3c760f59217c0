import lib.roots as r
from lib.roots import Foundation as F
from lib.roots import Root as Stone

Pebble = Stone


class One(r.Root):
    async def start(self):
        self.at = 1

    async def stop(self):
        self.at = 0

    async def where(self):
        return self.at


class Two(F):
    async def start(self):
        self.at = 2

    async def stop(self):
        self.at = 0

    async def where(self):
        return self.at


class Three(Pebble):
    async def start(self):
        self.at = 3

    async def stop(self):
        self.at = 0

    async def where(self):
        return self.at
