import serial


class Fix:
    def __init__(self, lat, lon, speed=0.0):
        self.lat = lat
        self.lon = lon
        self.speed = speed


class GpsReceiver:
    def __init__(self, port: str, baud: int = 9600):
        self._port = port
        self._baud = baud

    def __enter__(self):
        self._ser = serial.Serial(self._port, self._baud, timeout=2)
        return self

    def __exit__(self, t, v, tb):
        self._ser.close()

    def fix(self) -> Fix:
        while True:
            line = self._ser.readline().decode("ascii", "replace")
            if line.startswith("$GPRMC"):
                p = line.split(",")
                return Fix(float(p[3]), float(p[5]), float(p[7]))


class Geofence:
    def __init__(self, *corners):
        self.corners = corners

    def __contains__(self, fix):
        lats = [c[0] for c in self.corners]
        lons = [c[1] for c in self.corners]
        return min(lats) <= fix.lat <= max(lats) and min(lons) <= fix.lon <= max(lons)
