from ._async import AsyncCache, AsyncNullCache, AsyncRedisCache, cached
from ._sync import Cache, CacheMeta, DictCache, MemcacheCache, SqliteCache


def create(url, **kw):
    return CacheMeta.registry[url.split(":", 1)[0]](url, **kw)
