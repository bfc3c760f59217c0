"""Where everybody imports the base from."""

from aurora.core.provider import *
from aurora.core.provider import Provider as BaseProvider
