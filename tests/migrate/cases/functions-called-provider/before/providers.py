import contextlib


def provider(config):
    def get(key):
        return config.get(key)

    return get


async def initialize(config):
    return dict(config)


async def cleanup(store):
    store.clear()


@contextlib.asynccontextmanager
async def storage_provider(config):
    store = await initialize(config)
    try:
        yield store
    finally:
        await cleanup(store)


get_provider = provider({"name": "local"})
