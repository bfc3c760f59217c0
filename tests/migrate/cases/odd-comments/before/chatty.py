#!/usr/bin/env python
# before the docstring
"""Docstring."""  # after it
# before the imports
import math  # of the import

# before the class, close to it
class Chatty:  # of the class
    # first thing in the class
    """Class docstring."""
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

    # between two methods

    async def start(self):  # start
        self.words = []  # words
    # dedented by one
# dedented wholly, and still in the class

    async def stop(self):
        self.words = []
        # trailing

    # before an operation
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
