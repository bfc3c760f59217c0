import asyncio
import urllib.robotparser
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx


@dataclass(slots=True)
class Page:
    url: str
    status: int
    text: str


class LinkParser(HTMLParser):
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.links = []

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            href = dict(attrs).get("href")
            if href:
                self.links.append(urljoin(self.base, href))

    def close(self):
        super().close()
        return self.links


class Fetcher:
    def __init__(self, concurrency=10, user_agent="newscrawl/2"):
        self._sem = asyncio.Semaphore(concurrency)
        self._ua = user_agent
        self._client = None

    async def __aenter__(self):
        self._client = httpx.AsyncClient(headers={"User-Agent": self._ua}, follow_redirects=True)
        return self

    async def __aexit__(self, *exc_info):
        await self._client.aclose()

    async def get(self, url) -> Page:
        async with self._sem:
            r = await self._client.get(url)
            return Page(str(r.url), r.status_code, r.text)


class Throttle:
    """async with throttle(host): ..."""

    def __init__(self, delay):
        self.delay = delay
        self._locks = {}

    def __call__(self, url):
        host = urlsplit(url).netloc
        lock = self._locks.setdefault(host, asyncio.Lock())
        return _Slot(lock, self.delay)


class _Slot:
    def __init__(self, lock, delay):
        self.lock, self.delay = lock, delay

    async def __aenter__(self):
        await self.lock.acquire()

    async def __aexit__(self, *e):
        await asyncio.sleep(self.delay)
        self.lock.release()


class Robots:
    def __init__(self, fetcher):
        self.fetcher = fetcher
        self._cache = {}

    async def allowed(self, url):
        s = urlsplit(url)
        rp = self._cache.get(s.netloc)
        if rp is None:
            rp = urllib.robotparser.RobotFileParser()
            page = await self.fetcher.get(f"{s.scheme}://{s.netloc}/robots.txt")
            rp.parse(page.text.splitlines())
            self._cache[s.netloc] = rp
        return rp.can_fetch("*", url)
