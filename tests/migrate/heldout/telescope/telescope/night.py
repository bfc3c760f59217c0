import math
from collections import namedtuple
from datetime import datetime

from telescope.devices import DeviceBase, IndiCamera, IndiMount


class Target(namedtuple("Target", "name ra dec")):
    def altitude(self, lat, lst):
        ha = lst - self.ra
        return math.degrees(math.asin(
            math.sin(lat) * math.sin(self.dec) + math.cos(lat) * math.cos(self.dec) * math.cos(ha)))


class ObservingBlock:
    def __init__(self, target, exposures):
        self.target, self.exposures = target, exposures
        self.begun = None

    def start(self):
        self.begun = datetime.utcnow()

    def stop(self):
        self.done = datetime.utcnow()


class WeatherStation(DeviceBase):
    def _connect(self):
        import serial
        self._s = serial.Serial(self._config["port"])

    def _disconnect(self):
        self._s.close()

    def safe(self):
        return float(self._s.readline()) < 70.0


class Night:
    """Glue for one night"""

    def __init__(self, cfg):
        self.devices = [IndiMount(cfg["mount"]), IndiCamera(cfg["camera"]), WeatherStation(cfg["weather"])]

    def observe(self, blocks):
        mount, cam, weather = self.devices
        for d in self.devices:
            d.initialize()
        try:
            for b in blocks:
                if not weather.safe():
                    break
                b.start()
                mount.slew(b.target.ra, b.target.dec)
                for s in b.exposures:
                    cam.expose(s)
                b.stop()
        finally:
            for d in self.devices:
                d.shutdown()
