from whoosh import index as windex
from whoosh.fields import ID, TEXT, SchemaClass

from . import _base


class WikiSchema(SchemaClass):
    url = ID(stored=True)
    text = TEXT


class WhooshIndex(_base.Index):
    def __init__(self, folder):
        self.folder = folder

    def _open(self):
        self.ix = windex.create_in(self.folder, WikiSchema)

    def _close(self):
        self.ix.close()

    def add(self, url, text):
        w = self.ix.writer()
        w.add_document(url=url, text=text)
        w.commit()
