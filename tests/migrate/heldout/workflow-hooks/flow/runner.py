from contextlib import ExitStack
from typing import Mapping

from flow.nodes import _NODES, Edge, Node, NodeNotFound


class Graph:
    def __init__(self):
        self.nodes = {}
        self.edges = []

    @classmethod
    def load(cls, doc: Mapping):
        self = cls()
        for name, spec in doc["nodes"].items():
            try:
                self.nodes[name] = _NODES[spec["type"]](spec)
            except KeyError:
                raise NodeNotFound(name)
        self.edges = [Edge(*e) for e in doc["edges"]]
        return self


class RunResult:
    def __init__(self, outputs, errors=()):
        self.outputs = outputs
        self.errors = list(errors)

    @property
    def ok(self):
        return not self.errors


def run(graph: Graph, data):
    with ExitStack() as stack:
        for n in graph.nodes.values():
            n.setup()
            stack.callback(n.teardown)
        for n in graph.nodes.values():
            data = n.run(data)
    return RunResult(data)
