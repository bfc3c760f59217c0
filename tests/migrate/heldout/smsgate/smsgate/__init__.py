from .base import *  # noqa: F401,F403
from .carriers import SmppCarrier, TwilioCarrier
