#!/usr/bin/env python
# -*- coding: latin-1 -*-
"""Café."""


class Café:
    """Serve o café da manhã."""

    def __init__(self, config):
        self.preço = config.get("preço", 3)

    async def start(self):
        self.aberto = True

    async def stop(self):
        self.aberto = False

    async def pedir(self, nome):
        return f"{nome}: café, {self.preço} £"
