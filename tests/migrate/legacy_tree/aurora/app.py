from aurora.core.config import AppConfig
from aurora.core.events import EventBus
from aurora.core.manager import ProviderManager
from aurora.jobs import JobRunner
from aurora.llm.canned import CannedProvider
from aurora.providers import get_provider


class Aurora:
    """The application: what it starts, it stops."""

    def __init__(self, config: AppConfig | None = None) -> None:
        self.settings = config or AppConfig()
        self.events = EventBus()
        self.manager = ProviderManager()
        self.manager.register("canned", CannedProvider)
        self.jobs = JobRunner(self)

    async def answer(self, question: str) -> str:
        echo = get_provider("echo", {"model": "tiny"})
        await echo.initialize()
        try:
            return await echo.complete(question)
        finally:
            await echo.cleanup()
