import enum
import os
import shutil
import tarfile
from pathlib import Path

import click


class TargetKind(enum.Enum):
    LOCAL = "local"
    B2 = "b2"
    RSYNC = "rsync"


class BackupTarget:
    def connect(self): return self
    def disconnect(self): pass
    def upload(self, path, key): raise NotImplementedError


class LocalTarget(BackupTarget):
    def __init__(self, directory):
        self.directory = Path(directory)

    def upload(self, path, key):
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, self.directory / key)


class B2Target(BackupTarget):
    def __init__(self, bucket, key_id=None, key=None):
        self.bucket_name = bucket
        self.key_id = key_id or os.environ["B2_KEY_ID"]
        self.key = key or os.environ["B2_KEY"]

    def connect(self):
        from b2sdk.v2 import B2Api, InMemoryAccountInfo

        self.api = B2Api(InMemoryAccountInfo())
        self.api.authorize_account("production", self.key_id, self.key)
        self.bucket = self.api.get_bucket_by_name(self.bucket_name)
        return self

    def upload(self, path, key):
        self.bucket.upload_local_file(path, key)


class Archive:
    """Writes files into a tarball; a file-like thing used with `with`."""

    def __init__(self, path):
        self.tar = tarfile.open(path, "w:gz")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def add(self, path):
        self.tar.add(path)

    def close(self):
        self.tar.close()


class ByteSize(click.ParamType):
    name = "size"

    def convert(self, value, param, ctx):
        return int(value.rstrip("kK")) * 1024
