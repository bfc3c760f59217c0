import contextlib
import json
import aiosqlite


class Storage:
    async def init(self): ...

    async def close(self): ...

    async def put(self, url, prices): ...


class SqliteStorage(Storage):
    def __init__(self, path):
        self.path = path

    async def init(self):
        self.db = await aiosqlite.connect(self.path)
        await self.db.execute("create table if not exists p (url text, prices text)")

    async def close(self):
        await self.db.close()

    async def put(self, url, prices):
        await self.db.execute("insert into p values (?, ?)", (url, json.dumps(prices)))
        await self.db.commit()


class DictStorage(Storage, dict):
    async def put(self, url, prices):
        self[url] = prices


class Spider:
    start_urls = ["https://tickets.example/a"]

    def __init__(self, browser, storage):
        self.browser = browser
        self.storage = storage

    async def run(self):
        from scraper.browser import EventPage
        for url in self.start_urls:
            page = EventPage(BeautifulSoup(await self.browser.html(url), "lxml"))
            await self.storage.put(url, page.prices())
