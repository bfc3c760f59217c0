# Observatory control.  Every device is a DeviceBase; the sequencer only
# knows the four role classes below.
import logging
import threading


class DeviceBase(object):
    poll = 1.0

    def __init__(self, config):
        self._config = config
        self._mutex = threading.RLock()
        self._is_connected = False
        self.logger = logging.getLogger(self.__class__.__name__)

    def initialize(self):
        with self._mutex:
            self._connect()
            self._is_connected = True

    def shutdown(self):
        with self._mutex:
            if self._is_connected:
                self._disconnect()
            self._is_connected = False

    def _connect(self):
        raise NotImplementedError()

    def _disconnect(self):
        raise NotImplementedError()


class Mount(DeviceBase):
    def slew(self, ra, dec):
        raise NotImplementedError()

    def park(self):
        raise NotImplementedError()

    def shutdown(self):
        self.park()
        super(Mount, self).shutdown()


class Camera(DeviceBase):
    def expose(self, seconds):
        raise NotImplementedError()


class Dome(DeviceBase):
    """Note: open_slit/close_slit move the slit, not the connection"""

    def open_slit(self):
        raise NotImplementedError()

    def close_slit(self):
        raise NotImplementedError()
