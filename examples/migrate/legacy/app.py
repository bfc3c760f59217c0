"""The application: it remembers what it is told, and knows nothing of Purveyor."""

import asyncio
import sys

from memory.providers.local import LocalProvider


async def main(key, value=None):
    provider = LocalProvider({"path": "data"})
    await provider.initialize()
    try:
        if value is not None:
            await provider.set(key, value)
        print(await provider.get(key))
    finally:
        await provider.cleanup()


asyncio.run(main(*sys.argv[1:]))
