from .stores import FaissMemory, ListMemory, MemoryProvider as Memory

_BY_NAME = {"faiss": FaissMemory, "list": ListMemory}


def create(name: str, **config) -> Memory:
    return _BY_NAME[name](config)
