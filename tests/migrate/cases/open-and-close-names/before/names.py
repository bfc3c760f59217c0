class Base:
    def __init__(self, config):
        self.config = config
        self.log = []

    async def history(self):
        return list(self.log)


class ByInit(Base):
    async def init(self):
        self.log.append("init")

    async def shutdown(self):
        self.log.append("shutdown")


class BySetup(Base):
    async def setup(self):
        self.log.append("setup")

    async def teardown(self):
        self.log.append("teardown")


class ByOpen(Base):
    async def open(self):
        self.log.append("open")

    async def close(self):
        self.log.append("close")


class ByConnect(Base):
    async def connect(self):
        self.log.append("connect")

    async def disconnect(self):
        self.log.append("disconnect")


class ByLoad(Base):
    async def load(self):
        self.log.append("load")

    async def unload(self):
        self.log.append("unload")


class ByStart(Base):
    async def start(self):
        self.log.append("start")

    async def aclose(self):
        self.log.append("aclose")


class ByInitialize(Base):
    async def initialize(self):
        self.log.append("initialize")

    async def dispose(self):
        self.log.append("dispose")
