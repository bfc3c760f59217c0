#!/usr/bin/env python
# before the docstring
"""Docstring."""  # after it
# before the imports
import math  # of the import
from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


# before the class, close to it
class Chatty(LegacyProvider[dict[str, Any]]):  # of the class
    # first thing in the class
    """Class docstring."""

    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("say",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Chatty":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    # before a value
    limit = 3  # of the value

    # before the constructor
    def __init__(  # of the bracket
        self,  # of self
        config,  # of config
        # a comment alone among parameters
    ):  # of the colon
        # first thing in the body
        self.config = config  # of the statement
        # last thing in the body

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    # between two methods

    async def start(self):  # start
        self.words = []  # words
    # dedented by one
# dedented wholly, and still in the class

    async def stop(self):
        self.words = []
        # trailing

    # before an operation
    @operation
    async def say(self, word):  # pragma: no cover
        # inside
        self.words.append(word)
        return math.floor(len(self.words) / self.limit)  # noqa: RUF
    # the end of the class

# after the class
# fmt: off
TABLE = {  'a':1,
           'b' : 2}
# fmt: on
# last line
