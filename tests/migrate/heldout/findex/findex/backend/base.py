class SearchBackend:
    """
    A search backend.

    Life cycle: ``load()`` is called by ``Search.__init__``; ``unload()`` on
    application exit.
    """

    settings_key = None

    def __init__(self, settings):
        self.settings = settings.get(self.settings_key, {})

    def load(self):
        raise NotImplementedError("load")

    def unload(self):
        raise NotImplementedError("unload")

    def add(self, docs):
        raise NotImplementedError("add")

    def search(self, query):
        raise NotImplementedError("search")
