import json

import feeds.core as core
from feeds.core import Tick


class Kraken(core.Feed):
    url = "wss://ws.kraken.example"

    def subscribe_message(self):
        return json.dumps({"event": "subscribe", "pair": self.symbols})

    def parse(self, msg):
        if isinstance(msg, list):
            return Tick(msg[3], float(msg[1][0][0]), float(msg[1][0][1]), float(msg[1][0][2]))


class Bitstamp(core.Feed):
    url = "wss://ws.bitstamp.example"

    def subscribe_message(self):
        return json.dumps({"event": "bts:subscribe", "data": {"channel": "live_trades_" + self.symbols[0]}})

    def parse(self, msg):
        d = msg.get("data")
        return d and Tick(msg["channel"][12:], d["price"], d["amount"], int(d["timestamp"]))


class PaperVenue(core.Feed):
    """No socket; replays a list."""

    def __init__(self, symbols, on_tick, ticks=()):
        super().__init__(symbols, on_tick)
        self.ticks = ticks

    async def _loop(self):
        for t in self.ticks:
            self.on_tick(t)
