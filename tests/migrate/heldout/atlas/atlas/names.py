import enum
from typing import NamedTuple


class MapProvider(enum.Enum):
    OSM = "osm"
    OTHER = "other"


class TileProvider(NamedTuple):
    name: str
    url: str
    attribution: str = ""


class ProviderError(LookupError):
    pass


class Point(complex):
    @property
    def east(self):
        return self.real
