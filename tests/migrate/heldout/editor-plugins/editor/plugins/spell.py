from editor.plugins.base import Extension


class SpellCheck(Extension):
    async def _on_load(self):
        self.words = set(self.config.get("words", ()))

    async def check_word(self, word):
        return word in self.words


class Thesaurus(SpellCheck):
    async def _on_unload(self):
        self.words.clear()

    async def similar(self, word):
        return sorted(other for other in self.words if other[0] == word[0])
