import json
import os

import boto3
import websockets

from recorder.ports import Call, CallStore, Clock, Transcriber


class DiskStore(CallStore):
    def __init__(self, root):
        self.root = root

    def initialize(self):
        os.makedirs(self.root, exist_ok=True)

    def save(self, call):
        with open(os.path.join(self.root, call.sid), "w") as fh:
            json.dump(vars(call), fh)

    def shutdown(self):
        pass


class S3Store(CallStore):
    def __init__(self, bucket):
        self.bucket = bucket

    def initialize(self):
        self._s3 = boto3.client("s3")

    def save(self, call):
        self._s3.put_object(Bucket=self.bucket, Key=call.sid, Body=json.dumps(vars(call)))

    def shutdown(self):
        self._s3.close()


class VoskTranscriber(Transcriber):
    def __init__(self, url):
        self.url = url

    async def on_open(self):
        self.ws = await websockets.connect(self.url)

    async def on_close(self):
        await self.ws.close()

    async def transcribe(self, wav):
        await self.ws.send(wav)
        return json.loads(await self.ws.recv())["text"]


class SystemClock:
    def now(self):
        import time

        return time.time()


class FrozenClock(Clock):
    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at
