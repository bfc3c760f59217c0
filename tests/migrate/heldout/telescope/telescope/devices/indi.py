from .base import Camera as _Camera
from .base import Dome as _Dome
from .base import Mount as _Mount

__all__ = ["IndiMount", "IndiCamera", "IndiDome"]


class _IndiMixin(object):
    def _connect(self):
        import PyIndi
        self.client = PyIndi.BaseClient()
        self.client.setServer(self._config["host"], self._config.get("port", 7624))
        self.client.connectServer()

    def _disconnect(self):
        self.client.disconnectServer()

    def _set(self, prop, **values):
        p = self.client.getDevice(self._config["device"]).getNumber(prop)
        for i, v in enumerate(values.values()):
            p[i].value = v
        self.client.sendNewNumber(p)


class IndiMount(_IndiMixin, _Mount):
    def slew(self, ra, dec):
        self._set("EQUATORIAL_EOD_COORD", ra=ra, dec=dec)

    def park(self):
        self._set("TELESCOPE_PARK", park=1)


class IndiCamera(_IndiMixin, _Camera):
    def expose(self, seconds):
        self._set("CCD_EXPOSURE", t=seconds)


class IndiDome(_IndiMixin, _Dome):
    def open_slit(self):
        self._set("DOME_SHUTTER", o=1, c=0)

    def close_slit(self):
        self._set("DOME_SHUTTER", o=0, c=1)
