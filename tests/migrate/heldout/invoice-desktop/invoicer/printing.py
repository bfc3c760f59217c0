import subprocess
import win32print


class PrinterJam(Exception):
    pass


class LabelPrinter:
    def __init__(self, name=None):
        self.name = name or win32print.GetDefaultPrinter()
        self.handle = None

    def open(self):
        self.handle = win32print.OpenPrinter(self.name)

    def close(self):
        win32print.ClosePrinter(self.handle)
        self.handle = None

    def print_label(self, text):
        win32print.StartDocPrinter(self.handle, 1, ("label", None, "RAW"))
        win32print.WritePrinter(self.handle, text.encode("cp850"))
        win32print.EndDocPrinter(self.handle)


class PdfRenderer:
    """Keeps one wkhtmltopdf process alive."""

    def __init__(self, binary="wkhtmltopdf"):
        self.binary = binary
        self.proc = None

    def start(self):
        self.proc = subprocess.Popen([self.binary, "--read-args-from-stdin"], stdin=subprocess.PIPE)

    def stop(self):
        self.proc.stdin.close()
        self.proc.wait(5)

    def render(self, src, dst):
        self.proc.stdin.write(f"{src} {dst}\n".encode())
        self.proc.stdin.flush()


class ScaleReader(LabelPrinter):
    # shares the port handling; history
    def weight(self):
        return 0.0
