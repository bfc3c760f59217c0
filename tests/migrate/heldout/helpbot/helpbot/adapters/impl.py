import httpx

from helpbot.adapters import ChatAdapter, PollingAdapter as _Polling
from helpbot.models import Incoming


class Telegram(_Polling):
    def __init__(self, on_message, token):
        super().__init__(on_message)
        self.token = token
        self.offset = 0

    async def setup(self):
        self.http = httpx.AsyncClient(base_url=f"https://api.telegram.org/bot{self.token}/")

    async def teardown(self):
        await self.http.aclose()

    async def poll(self):
        r = (await self.http.get("getUpdates", params={"offset": self.offset})).json()
        out = []
        for u in r["result"]:
            self.offset = u["update_id"] + 1
            out.append(Incoming(str(u["message"]["chat"]["id"]), u["message"].get("text", "")))
        return out

    async def send(self, msg):
        await self.http.post("sendMessage", json={"chat_id": msg.chat, "text": msg.text})


class Slack(ChatAdapter):
    def __init__(self, on_message, app_token, bot_token):
        super().__init__(on_message)
        self.app_token = app_token
        self.bot_token = bot_token

    async def start(self):
        from slack_sdk.socket_mode.aiohttp import SocketModeClient
        self.client = SocketModeClient(app_token=self.app_token)
        self.client.socket_mode_request_listeners.append(self._on_request)
        await self.client.connect()

    async def stop(self):
        await self.client.disconnect()
        await self.client.close()

    async def _on_request(self, client, req):
        ev = req.payload["event"]
        await self.on_message(Incoming(ev["channel"], ev.get("text", "")))

    async def send(self, msg):
        await self.client.web_client.chat_postMessage(channel=msg.chat, text=msg.text)


class Console(ChatAdapter):
    async def start(self):
        import aioconsole
        while True:
            line = await aioconsole.ainput("> ")
            out = await self.on_message(Incoming("console", line))
            if out:
                await self.send(out)

    async def stop(self):
        raise SystemExit

    async def send(self, msg):
        print(msg.text)
