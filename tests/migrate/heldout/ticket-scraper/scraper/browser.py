import asyncio
import random

from bs4 import BeautifulSoup
from playwright.async_api import async_playwright


class Blocked(Exception):
    pass


class Browser:
    def __init__(self, headless=True, proxy=None):
        self.headless = headless
        self.proxy = proxy

    async def __aenter__(self):
        self._pw = await async_playwright().start()
        self._browser = await self._pw.chromium.launch(headless=self.headless, proxy=self.proxy)
        return self

    async def __aexit__(self, *exc):
        await self._browser.close()
        await self._pw.stop()

    async def html(self, url):
        page = await self._browser.new_page()
        try:
            r = await page.goto(url)
            if r.status == 403:
                raise Blocked(url)
            return await page.content()
        finally:
            await page.close()


class StealthBrowser(Browser):
    async def html(self, url):
        await asyncio.sleep(random.uniform(1, 4))
        return await super().html(url)


class Page:
    def __init__(self, soup: BeautifulSoup):
        self.soup = soup

    def prices(self):
        return [int(x.text) for x in self.soup.select(".price")]


class EventPage(Page):
    def title(self):
        return self.soup.h1.text
