"""Templates.

class ExampleProvider(BaseProvider):
    async def initialize(self): ...
"""

SOURCE = '''
class {name}Provider(BaseProvider):
    async def initialize(self): ...
    async def cleanup(self): ...
'''

# class CommentedProvider(BaseProvider):
#     async def initialize(self): ...


def render(name):
    return SOURCE.format(name=name)


def first_class(text):
    return next(line for line in text.splitlines() if line.startswith("class "))
