class Quotes:
    """Holds "quotes", 'more' and \"""three\""".

    class Inner:
        async def start(self): ...
    """

    TEMPLATE = '''
class Provider:
    async def initialize(self):
        pass
'''

    def __init__(self, config):
        self.config = config

    async def start(self):
        self.text = f"{'class X:'!r:>12}" "def y(self):" r'\d'

    async def stop(self):
        self.text = b"class Z: \x00".decode()

    async def lines(self):
        return [line for line in self.TEMPLATE.splitlines() if line] + [self.text]
