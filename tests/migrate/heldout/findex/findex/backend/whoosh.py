import os

from . import base


class WhooshBackend(base.SearchBackend):
    settings_key = "whoosh"

    def load(self):
        from whoosh import fields, index
        path = self.settings["path"]
        schema = fields.Schema(id=fields.ID(unique=True), body=fields.TEXT)
        if not os.path.isdir(path):
            os.makedirs(path)
            self.ix = index.create_in(path, schema)
        else:
            self.ix = index.open_dir(path)

    def unload(self):
        self.ix.close()

    def add(self, docs):
        w = self.ix.writer()
        for d in docs:
            w.update_document(**d)
        w.commit()

    def search(self, query):
        from whoosh.qparser import QueryParser
        with self.ix.searcher() as s:
            return [h["id"] for h in s.search(QueryParser("body", self.ix.schema).parse(str(query)))]
