from abc import ABC

import bluetooth


class Beacon:
    def __init__(self, uuid, room):
        self.uuid = uuid
        self.room = room


class Locator(ABC):
    """Where the visitor stands."""

    def start(self):
        self.running = True

    def stop(self):
        self.running = False

    def room(self):
        return None


class BleLocator(Locator):
    def __init__(self, beacons):
        self.beacons = {b.uuid: b for b in beacons}

    def start(self):
        super().start()
        self.sock = bluetooth.BluetoothSocket(bluetooth.L2CAP)

    def stop(self):
        self.sock.close()
        super().stop()

    def room(self):
        near = bluetooth.discover_devices(duration=1)
        return next((self.beacons[n].room for n in near if n in self.beacons), None)


class QrLocator(Locator):
    def __init__(self, camera=0):
        self.camera = camera

    def start(self):
        import cv2

        self.cap = cv2.VideoCapture(self.camera)
        self.qr = cv2.QRCodeDetector()
        super().start()

    def stop(self):
        self.cap.release()
        super().stop()

    def room(self):
        text, *_ = self.qr.detectAndDecode(self.cap.read()[1])
        return text or None


class FixedLocator(Locator):
    def __init__(self, room):
        self._room = room

    def room(self):
        return self._room


class Exhibit:
    def __init__(self, title, audio):
        self.title = title
        self.audio = audio

    def load(self):
        with open(self.audio, "rb") as fh:
            return fh.read()


class Door:
    """An automatic door on the floor plan."""

    is_open = False

    def open(self):
        self.is_open = True

    def close(self):
        self.is_open = False
