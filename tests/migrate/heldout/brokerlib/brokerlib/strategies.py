from .gateway import Gateway, Position


class Strategy:
    """on_tick is called by the runner; strategies hold no resources."""

    def __init__(self, **params):
        self.params = params

    def on_tick(self, tick):
        raise NotImplementedError


class MeanReversion(Strategy):
    def on_tick(self, tick):
        window = self.params.get("window", 20)
        hist = self.__dict__.setdefault("hist", [])
        hist.append(tick.bid)
        del hist[:-window]
        return "buy" if tick.bid < sum(hist) / len(hist) else None


class Breakout(Strategy):
    def on_tick(self, tick):
        top = self.params.setdefault("top", tick.ask)
        if tick.ask > top:
            self.params["top"] = tick.ask
            return "buy"


class Runner:
    def __init__(self, gateway: Gateway, strategy: Strategy, symbol: str):
        self.gateway = gateway
        self.strategy = strategy
        self.position = Position(symbol)

    async def run(self):
        await self.gateway.connect()
        try:
            async for t in self.gateway.ticks(self.position.symbol):
                if self.strategy.on_tick(t) == "buy" and not self.position.is_open:
                    await self.gateway.place(t.symbol, "buy", 1, t.ask)
                    self.position.open(1, t.ask)
        finally:
            await self.gateway.disconnect()
