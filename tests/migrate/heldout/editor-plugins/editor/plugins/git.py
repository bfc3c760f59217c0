import asyncio

import editor.plugins.base as base


class GitGutter(base.Extension):
    async def _on_load(self):
        self.process = await asyncio.create_subprocess_exec("git", "status")

    async def _on_unload(self):
        self.process.kill()
