import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass


@dataclass
class Box:
    x: int
    y: int
    w: int
    h: int
    text: str = ""


class OcrFailed(Exception):
    pass


class _EngineBase(object):
    _pool = None

    def initialize(self, workers=2):
        self._pool = ProcessPoolExecutor(workers, initializer=self._warm)

    def teardown(self):
        self._pool.shutdown()

    @staticmethod
    def _warm():
        os.nice(5)

    def recognise(self, image):
        return self._pool.submit(self._one, image)

    def _one(self, image):
        raise NotImplementedError


class Tesseract(_EngineBase):
    def _one(self, image):
        import pytesseract

        return [Box(*r) for r in pytesseract.image_to_boxes(image)]


class EasyOcr(_EngineBase):
    def __init__(self, langs=("en",)):
        self.langs = langs

    def initialize(self, workers=1):
        import easyocr

        super(EasyOcr, self).initialize(workers)
        self.reader = easyocr.Reader(list(self.langs))

    def _one(self, image):
        return [Box(0, 0, 0, 0, t) for t in self.reader.readtext(image, detail=0)]


Engine = Tesseract if os.environ.get("OCR") != "easy" else EasyOcr


class Deskew:
    def __call__(self, image):
        return image.rotate(0)


class Pipeline:
    def __init__(self, *steps):
        self.steps = steps

    def run(self, image):
        for s in self.steps:
            image = s(image)
        return image
