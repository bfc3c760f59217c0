import collections
import queue


class Registry(dict):
    def load(self, pairs):
        self.update(pairs)
        return self

    def close(self):
        self.clear()


class Names(collections.UserList):
    def open(self):
        return list(self.data)


class Jobs(queue.Queue):
    def start(self):
        self.put("first")

    def stop(self):
        self.put(None)


class Defaults(collections.ChainMap):
    def setup(self, **values):
        return self.new_child(values)
