import threading

import serial

from .models import Bin


class ScanError(IOError):
    pass


class BarcodeScanner:
    """Handscanner am seriellen Port.

    Wird vom Hauptprogramm beim Start geöffnet und beim Beenden geschlossen.
    """

    def __init__(self, port="/dev/ttyUSB0", baud=9600):
        self.port = port
        self.baud = baud
        self._serial = None
        self._lock = threading.Lock()

    def open(self):
        try:
            self._serial = serial.Serial(self.port, self.baud, timeout=1)
        except serial.SerialException as e:
            raise ScanError(str(e)) from e

    def close(self):
        if self._serial is not None:
            self._serial.close()
            self._serial = None

    def read_code(self):
        with self._lock:
            line = self._serial.readline()
        return line.decode("ascii", "replace").strip() or None

    def read_bin(self):
        code = self.read_code()
        if code and code.count("-") == 2:
            return Bin(*map(int, code.split("-")))


class ScannerThread(threading.Thread):
    def __init__(self, scanner, callback):
        super().__init__(daemon=True)
        self.scanner = scanner
        self.callback = callback
        self._halt = threading.Event()

    def run(self):
        while not self._halt.is_set():
            code = self.scanner.read_code()
            if code:
                self.callback(code)

    def stop(self):
        self._halt.set()


class LabelPrinter:
    def __init__(self, host, port=9100):
        self.host, self.port = host, port
        self._s = None

    def connect(self):
        import socket
        self._s = socket.create_connection((self.host, self.port), timeout=5)

    def disconnect(self):
        if self._s:
            self._s.close()
        self._s = None

    def print_zpl(self, zpl: str):
        self._s.sendall(zpl.encode())
