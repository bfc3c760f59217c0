import sane


class Scanner:
    def __init__(self, device=None):
        self.device = device
        self._h = None

    def open(self):
        sane.init()
        self._h = sane.open(self.device or sane.get_devices()[0][0])

    def close(self):
        self._h.close()
        sane.exit()

    def scan(self, dpi=300):
        self._h.resolution = dpi
        return self._h.scan()


class ScannerBusy(OSError):
    pass


class FlatbedScanner(Scanner):
    pass


class AdfScanner(Scanner):
    def pages(self):
        while True:
            try:
                yield self.scan()
            except sane._sane.error:
                return


class PageIterator:
    def __init__(self, scanner):
        self.g = scanner.pages()

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.g)

    def close(self):
        self.g.close()
