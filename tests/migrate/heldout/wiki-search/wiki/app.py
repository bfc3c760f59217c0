from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wiki.index import DefaultIndex


class PrefixIndex(DefaultIndex):
    def find(self, words):
        return super().find(" ".join(w + "*" for w in words.split()))


class Handler(BaseHTTPRequestHandler):
    def setup(self):
        super().setup()
        self.index = self.server.index

    def do_GET(self):
        self.wfile.write(str([h.url for h in self.index.find(self.path[1:])]).encode())


class WikiServer(ThreadingHTTPServer):
    def __init__(self, addr, index):
        super().__init__(addr, Handler)
        self.index = index
