import re
from typing import NamedTuple


class Query(NamedTuple):
    text: str
    limit: int = 20

    def stemmed(self, lang):
        import snowballstemmer
        st = snowballstemmer.stemmer({"de": "german"}[lang])
        return self._replace(text=" ".join(st.stemWords(self.text.split())))

    def __str__(self):
        return self.text


class Token:
    __slots__ = "kind", "value"

    def __init__(self, kind, value):
        self.kind, self.value = kind, value


class QuerySyntaxError(SyntaxError):
    pass


class QueryParser:
    token_re = re.compile(r'"[^"]*"|\S+')

    def open(self, text):
        self.it = self.token_re.finditer(text)
        return self

    def parse(self):
        return [Token("phrase" if m[0][0] == '"' else "word", m[0].strip('"')) for m in self.it]

    def close(self):
        self.it = None
