import ast
import html.parser


class Node:
    def __init__(self, *children):
        self.children = children

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


class Heading(Node):
    level = 1


class Outline(html.parser.HTMLParser):
    def __init__(self, config=None):
        super().__init__()
        self.config = config

    def handle_starttag(self, tag, attributes):
        return None

    def close(self):
        super().close()


class Imports(ast.NodeTransformer):
    def visit_Import(self, node):
        return None

    def load(self, source):
        return self.visit(ast.parse(source))
