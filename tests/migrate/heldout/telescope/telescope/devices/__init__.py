from .base import Camera, DeviceBase, Dome, Mount
from .indi import *

ROLES = {"mount": Mount, "camera": Camera, "dome": Dome}
