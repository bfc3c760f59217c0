from .local import Folder
from .memory import Ram

DRIVERS = {"folder": Folder, "ram": Ram}


def build(kind, **options):
    return DRIVERS[kind](**options)
