from .fetch import LinkParser


class Spider:
    start_urls = ()

    def __init__(self, fetcher, archive):
        self.fetcher = fetcher
        self.archive = archive
        self.seen = set()

    def want(self, url):
        return url.startswith(tuple(self.start_urls))

    async def crawl(self):
        todo = list(self.start_urls)
        while todo:
            url = todo.pop()
            if url in self.seen:
                continue
            self.seen.add(url)
            page = await self.fetcher.get(url)
            await self.archive.store(page)
            p = LinkParser(url)
            p.feed(page.text)
            todo += [u for u in p.close() if self.want(u)]


class HeiseSpider(Spider):
    start_urls = ("https://www.heise.de/news",)


class LwnSpider(Spider):
    start_urls = ("https://lwn.net/",)

    def want(self, url):
        return "/Articles/" in url
