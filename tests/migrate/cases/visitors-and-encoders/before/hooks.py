import argparse
import ast
import cmd
import html.parser
import json
import string


class Names(ast.NodeVisitor):
    def __init__(self):
        self.found = []

    def visit_Name(self, node):
        self.found.append(node.id)


class Encoder(json.JSONEncoder):
    def default(self, value):
        return sorted(value) if isinstance(value, set) else super().default(value)


class Links(html.parser.HTMLParser):
    def __init__(self, config=None):
        super().__init__()
        self.config = config
        self.links = []

    def handle_starttag(self, tag, attributes):
        self.links.append(tag)

    def close(self):
        super().close()


class Store(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values)


class Shell(cmd.Cmd):
    def do_start(self, line):
        return False

    def do_stop(self, line):
        return True

    def preloop(self):
        self.open = True


class Percent(string.Template):
    delimiter = "%"
