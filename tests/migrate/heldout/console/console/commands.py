import argparse


class Command:
    name = ""

    def arguments(self, parser):
        return parser

    def run(self, options):
        raise NotImplementedError


class StartCommand(Command):
    name = "start"

    def run(self, options):
        return f"starting {options.service}"


class InitializeCommand(Command):
    name = "initialize"

    def run(self, options):
        return "done"


class Choice(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values.lower())
