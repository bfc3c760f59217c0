import logging

from .handlers import BufferingShipHandler
from .shippers import *

logging.getLogger(__name__).addHandler(logging.NullHandler())
