from ._base import *
from ._whoosh import WhooshIndex
from ._sqlite import FtsIndex as DefaultIndex
