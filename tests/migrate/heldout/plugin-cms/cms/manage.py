import code

from cms.ext.api import ExtensionRegistry


class Shell(code.InteractiveConsole):
    def push(self, line):
        return super().push(line)


class Site:
    def __init__(self, pages):
        self.pages = pages
        self.shortcodes = []
        self.registry = ExtensionRegistry()
