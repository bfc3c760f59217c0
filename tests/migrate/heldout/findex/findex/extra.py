import httpx

from findex.backend import Default, SearchBackend
from findex.query import Query


class MeiliBackend(SearchBackend):
    settings_key = "meili"

    def load(self):
        self.c = httpx.Client(base_url=self.settings["url"],
                              headers={"Authorization": f"Bearer {self.settings['key']}"})

    def unload(self):
        self.c.close()

    def add(self, docs):
        self.c.post("/indexes/docs/documents", json=list(docs)).raise_for_status()

    def search(self, query: Query):
        r = self.c.post("/indexes/docs/search", json={"q": query.text, "limit": query.limit})
        return [h["id"] for h in r.json()["hits"]]


class StemmingBackend(Default):
    """Whoosh, with german stems."""

    def search(self, query):
        return super().search(query.stemmed("de"))


class Search:
    _backends = {"default": Default, "meili": MeiliBackend, "stem": StemmingBackend}

    def __init__(self, settings):
        self.backend = self._backends[settings.get("backend", "default")](settings)
        self.backend.load()

    def __call__(self, text):
        return self.backend.search(Query(text))
