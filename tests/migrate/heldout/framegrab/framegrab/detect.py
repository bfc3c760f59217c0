from .sources import Frame


class Detector:
    def __init__(self, weights, thr=0.4):
        self.weights = weights
        self.thr = thr
        self.net = None

    def load(self):
        import cv2
        self.net = cv2.dnn.readNet(self.weights)

    def unload(self):
        self.net = None

    def detect(self, frame: Frame):
        self.net.setInput(frame.data)
        return [d for d in self.net.forward() if d[2] > self.thr]


class Tracker:
    """Per-clip object tracker"""

    def __init__(self, max_age=10):
        self.max_age = max_age
        self.tracks = []

    def update(self, dets):
        for t in self.tracks:
            t["age"] += 1
        self.tracks = [t for t in self.tracks if t["age"] < self.max_age]
        self.tracks += [{"box": d, "age": 0} for d in dets]
        return self.tracks
