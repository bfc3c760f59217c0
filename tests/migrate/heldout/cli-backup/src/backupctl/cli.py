import argparse
import sys

from . import targets
from .targets import *


class VersionAction(argparse.Action):
    def __init__(self, *args, **kw):
        super().__init__(*args, nargs=0, **kw)

    def __call__(self, parser, namespace, values, option_string=None):
        print("backupctl 2")
        parser.exit()


class _NullTarget(BackupTarget):
    """--dry-run"""

    def upload(self, path, key):
        print("would upload", path)


class Progress:
    def __init__(self, total):
        self.total, self.n = total, 0

    def start(self):
        sys.stderr.write("\n")

    def tick(self):
        self.n += 1

    def stop(self):
        sys.stderr.write("%d/%d\n" % (self.n, self.total))


def main(argv=None):
    ap = argparse.ArgumentParser()
    ap.add_argument("--version", action=VersionAction)
    ap.add_argument("--dry-run", action="store_true")
    ap.add_argument("paths", nargs="+")
    ns = ap.parse_args(argv)
    t = (_NullTarget() if ns.dry_run else LocalTarget("/var/backups")).connect()
    p = Progress(len(ns.paths))
    p.start()
    for path in ns.paths:
        t.upload(path, path)
        p.tick()
    p.stop()
    t.disconnect()
