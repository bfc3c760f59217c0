from .parts import *
from .parts import _Secret
