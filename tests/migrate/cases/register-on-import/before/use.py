from llm import get_provider


async def shorten(text):
    model = get_provider("small", {"words": 2})
    try:
        return await model.complete(text)
    finally:
        await model.close()
