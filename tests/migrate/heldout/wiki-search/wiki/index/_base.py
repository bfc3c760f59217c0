__all__ = ("Index", "Hit")


class Hit:
    def __init__(self, url, score):
        self.url = url
        self.score = score


class _Openable:
    opened = False

    def open(self):
        self._open()
        self.opened = True

    def close(self):
        self._close()
        self.opened = False


class Index(_Openable):
    def _open(self): ...

    def _close(self): ...

    def add(self, url, text):
        raise NotImplementedError

    def find(self, words):
        raise NotImplementedError
