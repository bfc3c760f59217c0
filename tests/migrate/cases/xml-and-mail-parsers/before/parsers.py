import email.parser
import xml.sax


class Titles(xml.sax.ContentHandler):
    def __init__(self, config=None):
        super().__init__()
        self.config = config
        self.titles = []

    def startDocument(self):
        self.titles = []

    def startElement(self, name, attributes):
        self.titles.append(name)

    def endDocument(self):
        self.titles.sort()


class Heads(email.parser.FeedParser):
    def open(self):
        return self

    def close(self):
        return super().close()
