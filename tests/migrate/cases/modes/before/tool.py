#!/usr/bin/env python3
class Tool:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.sharp = True

    async def stop(self):
        self.sharp = False

    async def cut(self):
        return self.sharp


if __name__ == "__main__":
    print(Tool.__name__)
