from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .tiles import TileKey, TileProvider


def make_handler(provider: TileProvider):
    class Handler(BaseHTTPRequestHandler):
        def setup(self):
            super().setup()
            self.provider = provider

        def do_GET(self):
            key = TileKey(*map(int, self.path.strip("/").split("/")))
            data = self.provider.tile(key)
            self.send_response(200 if data else 404)
            self.end_headers()
            self.wfile.write(data or b"")

    return Handler


class TileServer:
    def __init__(self, provider, port=8080):
        self.provider = provider
        self.port = port
        self.httpd = None

    def start(self):
        self.provider.open()
        self.httpd = ThreadingHTTPServer(("", self.port), make_handler(self.provider))
        self.httpd.serve_forever()

    def shutdown(self):
        self.httpd.shutdown()
        self.provider.close()
