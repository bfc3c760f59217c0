from .cielo import Cielo
from .pix import Pix

GATEWAYS = dict(cielo=Cielo, pix=Pix)
