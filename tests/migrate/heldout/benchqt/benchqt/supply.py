import serial


class SupplyError(RuntimeError): pass


class PowerSupply:
    def __init__(self, port):
        self.port = port
        self.dev = None

    @property
    def connected(self):
        return self.dev is not None

    def connect(self):
        try:
            self.dev = serial.Serial(self.port, 115200, timeout=0.5)
        except serial.SerialException as exc:
            raise SupplyError(exc)
        self._cmd("SYST:REM")

    def disconnect(self):
        if self.dev:
            self._cmd("SYST:LOC")
            self.dev.close()
        self.dev = None

    def _cmd(self, s):
        self.dev.write(s.encode() + b"\n")

    def _query(self, s):
        self._cmd(s)
        return self.dev.readline().decode().strip()

    def measure(self):
        return float(self._query("MEAS:VOLT?")), float(self._query("MEAS:CURR?"))


class SimulatedSupply(PowerSupply):
    def connect(self):
        self.dev = object()

    def disconnect(self):
        self.dev = None

    def measure(self):
        return 12.0, 0.5
