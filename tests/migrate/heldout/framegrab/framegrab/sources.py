import subprocess as sp
from threading import Event, Thread

import cv2
import numpy as np


class Frame(object):
    __slots__ = ("data", "ts", "seq")

    def __init__(self, data, ts, seq):
        self.data = data
        self.ts = ts
        self.seq = seq


class FrameSource(object):
    def __init__(self, uri, width=1280, height=720):
        self.uri = uri
        self.width = width
        self.height = height

    def init(self):
        raise NotImplementedError

    def grab(self):
        raise NotImplementedError

    def dispose(self):
        raise NotImplementedError


class WebcamSource(FrameSource):
    def init(self):
        self.cap = cv2.VideoCapture(int(self.uri))
        self.cap.set(cv2.CAP_PROP_FRAME_WIDTH, self.width)

    def grab(self):
        ok, img = self.cap.read()
        return img if ok else None

    def dispose(self):
        self.cap.release()


class FfmpegSource(FrameSource):
    def init(self):
        cmd = ["ffmpeg", "-i", self.uri, "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
        self.p = sp.Popen(cmd, stdout=sp.PIPE, stderr=sp.DEVNULL)

    def grab(self):
        n = self.width * self.height * 3
        buf = self.p.stdout.read(n)
        return np.frombuffer(buf, "u1").reshape(self.height, self.width, 3) if len(buf) == n else None

    def dispose(self):
        self.p.kill()
        self.p.wait()


class StillSource(FrameSource):
    def init(self):
        self.img = cv2.imread(self.uri)

    def grab(self):
        return self.img

    def dispose(self):
        del self.img


class GrabThread(Thread):
    def __init__(self, source, sink):
        Thread.__init__(self)
        self.daemon = True
        self.source, self.sink = source, sink
        self.done = Event()

    def start(self):
        self.source.init()
        Thread.start(self)

    def run(self):
        while not self.done.is_set():
            self.sink(self.source.grab())

    def stop(self):
        self.done.set()
        self.join()
        self.source.dispose()


class RawFile(object):
    """file-like"""

    def __init__(self, path, shape):
        self.path, self.shape = path, shape

    def open(self, mode="rb"):
        self.f = open(self.path, mode)
        return self

    def read(self):
        return np.frombuffer(self.f.read(int(np.prod(self.shape))), "u1").reshape(self.shape)

    def seek(self, n):
        self.f.seek(n * int(np.prod(self.shape)))

    def close(self):
        self.f.close()
