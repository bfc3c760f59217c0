from textual.app import App
from textual.screen import ModalScreen, Screen
from textual.widgets import DataTable, Static

from .backends import *
from .backends import Backend, load_backend


class ConfirmQuit(ModalScreen[bool]):
    def open(self):
        self.app.push_screen(self)

    def close(self):
        self.dismiss(False)


class ProcessTable(DataTable):
    def load(self, rows):
        self.clear()
        for r in rows:
            self.add_row(*r)

    def unload(self):
        self.clear()


class StatusBar(Static):
    def start(self):
        self.timer = self.set_interval(1, self.refresh)

    def stop(self):
        self.timer.stop()


class DetailScreen(Screen):
    def setup(self, pid):
        self.pid = pid

    def teardown(self):
        self.pid = None


class TermDeck(App):
    def __init__(self, backend: str = "local", **opts):
        super().__init__()
        self.backend: Backend = load_backend(backend)(**opts)

    async def on_mount(self):
        await self.backend.open()
        self.set_interval(2, self.poll)

    async def on_unmount(self):
        await self.backend.close()

    async def poll(self):
        self.query_one(ProcessTable).load(await self.backend.processes())
