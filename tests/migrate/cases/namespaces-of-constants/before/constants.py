class Defaults:
    INITIALIZE = "initialize"
    CLEANUP = "cleanup"
    PROVIDER = "local"


class ProviderNames(Defaults):
    MEMORY = "memory"
    STORAGE = "storage"


class Meta:
    abstract = True
    load = None
    unload = None
