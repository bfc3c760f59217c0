import atexit

from django.conf import settings
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk


class ProductIndex:
    """Process-wide ES index. ``connect`` on boot, ``close`` at exit."""

    def __init__(self, hosts=None, name="products"):
        self.hosts = hosts or settings.ES_HOSTS
        self.name = name
        self.es = None

    def connect(self):
        self.es = Elasticsearch(self.hosts)
        if not self.es.indices.exists(index=self.name):
            self.es.indices.create(index=self.name)
        return self

    def close(self):
        if self.es:
            self.es.close()
            self.es = None

    def index(self, products):
        bulk(self.es, ({"_index": self.name, "_id": p.pk, "name": p.name} for p in products))

    def search(self, q):
        return self.es.search(index=self.name, query={"match": {"name": q}})["hits"]["hits"]


index = ProductIndex()
atexit.register(index.close)
