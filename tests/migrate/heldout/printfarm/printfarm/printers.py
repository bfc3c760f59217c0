"""3D printer connections"""
import asyncio
import json
import re
from typing import Optional


class PrinterOffline(Exception):
    pass


class Printer:
    def __init__(self, name):
        self.name = name
        self.job = None

    async def connect(self):
        raise NotImplementedError

    async def disconnect(self):
        raise NotImplementedError

    async def print_file(self, path):
        raise NotImplementedError

    async def temperature(self):
        raise NotImplementedError


class SerialPrinter(Printer):
    def __init__(self, name, port, baud=115200):
        super().__init__(name)
        self.port, self.baud = port, baud

    async def connect(self):
        import serial_asyncio
        try:
            self.r, self.w = await serial_asyncio.open_serial_connection(url=self.port, baudrate=self.baud)
        except OSError:
            raise PrinterOffline(self.name)
        await self.gcode("M110 N0")

    async def disconnect(self):
        await self.gcode("M104 S0")
        self.w.close()

    async def gcode(self, line):
        self.w.write(line.encode() + b"\n")
        return (await self.r.readline()).decode()

    async def temperature(self):
        m = re.search(r"T:([\d.]+)", await self.gcode("M105"))
        return float(m.group(1)) if m else None

    async def print_file(self, path):
        with open(path) as f:
            for line in f:
                if line.strip() and not line.startswith(";"):
                    await self.gcode(line.strip())


class OctoPrinter(Printer):
    def __init__(self, name, url, key):
        super().__init__(name)
        self.url, self.key = url, key

    async def connect(self):
        import aiohttp
        self.s = aiohttp.ClientSession(self.url, headers={"X-Api-Key": self.key})

    async def disconnect(self):
        await self.s.close()

    async def temperature(self):
        async with self.s.get("/api/printer") as r:
            return (await r.json())["temperature"]["tool0"]["actual"]

    async def print_file(self, path):
        async with self.s.post(f"/api/files/local/{path}", json={"command": "select", "print": True}) as r:
            r.raise_for_status()


class PrintJob:
    def __init__(self, path, copies=1):
        self.path = path
        self.copies = copies
        self.state = "queued"

    def start(self):
        self.state = "printing"

    def stop(self):
        self.state = "stopped"

    def close(self):
        self.state = "done"


class GcodeReader:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.f = open(self.path)
        return self

    def __exit__(self, *e):
        self.f.close()

    def __iter__(self):
        return self

    def __next__(self):
        line = self.f.readline()
        if not line:
            raise StopIteration
        return line.split(";")[0].strip()


class Spool:
    """Filament spool"""

    def __init__(self, material, grams):
        self.material, self.grams = material, grams
        self.printer: Optional[Printer] = None

    def load(self, printer):
        self.printer = printer

    def unload(self):
        self.printer = None


class Farm:
    def __init__(self, *printers):
        self.printers = {p.name: p for p in printers}
        self.queue = asyncio.Queue()
        self._workers = []

    async def start(self):
        await asyncio.gather(*(p.connect() for p in self.printers.values()))
        self._workers = [asyncio.create_task(self._work(p)) for p in self.printers.values()]

    async def stop(self):
        for w in self._workers:
            w.cancel()
        await asyncio.gather(*(p.disconnect() for p in self.printers.values()))

    async def _work(self, printer):
        while True:
            job = await self.queue.get()
            job.start()
            for _ in range(job.copies):
                await printer.print_file(job.path)
            job.close()
