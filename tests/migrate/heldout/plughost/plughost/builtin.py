import os
import sys
import threading

from plughost.plugin import Extension, Manifest, Plugin


class AutosavePlugin(Plugin):
    manifest = Manifest("autosave", "1.2")

    def load(self):
        self._stop = threading.Event()
        self._t = threading.Thread(target=self._run, daemon=True)
        self._t.start()

    def unload(self):
        self._stop.set()
        self._t.join()

    def _run(self):
        while not self._stop.wait(60):
            self.app.save_all()


class SpellcheckPlugin(Plugin):
    manifest = Manifest("spellcheck", "0.4", ("dictionary",))

    def load(self):
        import enchant
        self.dict = enchant.Dict(self.app.language)

    def unload(self):
        del self.dict

    def check(self, word):
        return self.dict.check(word)


if sys.platform == "win32":
    class TrayPlugin(Plugin):
        manifest = Manifest("tray")

        def load(self):
            import pystray
            self.icon = pystray.Icon("app")
            self.icon.run_detached()

        def unload(self):
            self.icon.stop()
else:
    TrayPlugin = None


def make_watcher(path):
    class Watcher(Plugin):
        manifest = Manifest("watch:" + path)

        def load(self):
            from watchdog.observers import Observer
            self.obs = Observer()
            self.obs.schedule(self, path)
            self.obs.start()

        def unload(self):
            self.obs.stop()
            self.obs.join()

        def dispatch(self, event):
            self.app.reload(event.src_path)

    return Watcher


class WordCount(Extension):
    title = "Word count"
    shortcut = "Ctrl+W"


class RecentFiles(Extension):
    title = "Recent"

    def load(self):
        self.items = os.listdir(".")
