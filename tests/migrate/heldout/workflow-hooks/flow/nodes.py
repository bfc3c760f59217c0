"""Nodes of the graph. A node is set up once per deployment, run many times."""
import abc
import logging
from typing import Any, Dict, Generic, Optional, Type, TypeVar

P = TypeVar("P")
_NODES: Dict[str, Type["Node"]] = {}


class NodeParams:
    def __init__(self, **kw: Any) -> None:
        self.__dict__.update(kw)


class Node(abc.ABC, Generic[P]):
    def __init_subclass__(cls, type: Optional[str] = None, **kw):
        super().__init_subclass__(**kw)
        if type:
            _NODES[type] = cls

    def __init__(self, params: P):
        self.params = params
        self.log = logging.getLogger(type(self).__qualname__)

    def setup(self) -> None:
        self._setup()

    def teardown(self) -> None:
        self._teardown()

    def _setup(self): ...

    def _teardown(self): ...

    @abc.abstractmethod
    def run(self, data): ...


class HttpNode(Node[NodeParams], type="http"):
    def _setup(self):
        import urllib3

        self.pool = urllib3.PoolManager()

    def _teardown(self):
        self.pool.clear()

    def run(self, data):
        return self.pool.request("GET", self.params.url).data


class SqlNode(Node[NodeParams], type="sql"):
    def _setup(self):
        import sqlalchemy

        self.engine = sqlalchemy.create_engine(self.params.url)

    def _teardown(self):
        self.engine.dispose()

    def run(self, data):
        with self.engine.begin() as c:
            return c.exec_driver_sql(self.params.sql).all()


class MapNode(Node[NodeParams], type="map"):
    def run(self, data):
        return [self.params.fn(x) for x in data]


class Edge:
    def __init__(self, src, dst):
        self.src = src
        self.dst = dst


class NodeNotFound(KeyError):
    pass
