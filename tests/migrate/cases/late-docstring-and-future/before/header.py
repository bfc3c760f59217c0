# Copyright of nobody

r"""A raw \docstring."""

from __future__ import annotations
from __future__ import generator_stop

import sys

__all__ = ["Header"]

if sys.version_info >= (3, 8):
    from typing import Literal
else:
    Literal = None

try:
    import json
except ImportError:
    json = None


def helper(): return 1
class Header:
    mode: Literal["a", "b"] = "a"

    def __init__(self, config: Config | None = None):
        self.config = config

    async def start(self): self.depth = helper()

    async def stop(self): self.depth = 0

    async def dump(self):
        return json.dumps([self.depth, self.mode])


class Config: pass
