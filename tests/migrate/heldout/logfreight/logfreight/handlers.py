import json
import logging
import logging.handlers


class JsonFormatter(logging.Formatter):
    def format(self, record):
        d = {"ts": record.created, "lvl": record.levelname, "msg": record.getMessage()}
        if record.exc_info:
            d["exc"] = self.formatException(record.exc_info)
        return json.dumps(d)


class TenantFilter(logging.Filter):
    def __init__(self, tenant):
        super().__init__()
        self.tenant = tenant

    def filter(self, record):
        record.tenant = self.tenant
        return True


class BufferingShipHandler(logging.handlers.BufferingHandler):
    def __init__(self, shipper, capacity=100):
        super().__init__(capacity)
        self.shipper = shipper
        self.setFormatter(JsonFormatter())

    def open(self):
        self.shipper.open()

    def flush(self):
        self.acquire()
        try:
            self.shipper.ship([self.format(r) for r in self.buffer])
            self.buffer.clear()
        finally:
            self.release()

    def close(self):
        self.flush()
        self.shipper.close()
        super().close()


class RotatingSocketHandler(logging.handlers.SocketHandler):
    def connect(self):
        self.createSocket()

    def close(self):
        super().close()
