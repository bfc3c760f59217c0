from .base import Plugin as Extension
from .base import hook
from .faq import *
from .tickets import TicketPlugin

__all__ = ["Extension", "hook", "FaqPlugin", "TicketPlugin"]
