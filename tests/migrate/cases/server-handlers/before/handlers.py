import http.server
import logging
import socketserver


class Line(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.lines = 0

    def handle(self):
        self.lines += 1

    def finish(self):
        super().finish()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()


class Server(socketserver.TCPServer):
    def start(self):
        return self.server_address

    def stop(self):
        self.shutdown()


class ListHandler(logging.Handler):
    def __init__(self, config=None):
        super().__init__()
        self.config = config
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def close(self):
        self.records.clear()
        super().close()
