import os
import threading

from elasticsearch import Elasticsearch


class SearchUnavailable(Exception):
    pass


class SearchIndex:
    index = None
    _es = None

    def __init__(self, hosts=None):
        self.hosts = hosts or os.environ.get("ES", "http://localhost:9200")

    def connect(self):
        self._es = Elasticsearch(self.hosts)
        if not self._es.ping():
            raise SearchUnavailable(self.hosts)

    def close(self):
        self._es.close()

    def query(self, text):
        return self._es.search(index=self.index, query={"match": {"_all": text}})["hits"]["hits"]


class Products(SearchIndex):
    index = "products"


class Customers(SearchIndex):
    index = "customers"

    def query(self, text):
        return [h for h in super().query(text) if not h["_source"].get("deleted")]


class Query:
    def __init__(self, text):
        self.text = text

    def __and__(self, other):
        return Query(self.text + " AND " + other.text)
