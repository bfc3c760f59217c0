from PyQt5.QtCore import QObject, QSettings, QThread, pyqtSignal
from PyQt5.QtWidgets import QDialog, QMainWindow, QVBoxLayout, QWidget

from .supply import PowerSupply, SupplyError


class AppSettings(QSettings):
    def load(self):
        self.port = self.value("port", "COM3")

    def close(self):
        self.setValue("port", self.port)
        self.sync()


class PollWorker(QThread):
    reading = pyqtSignal(float, float)

    def __init__(self, supply, parent=None):
        super().__init__(parent)
        self.supply = supply
        self._run = True

    def run(self):
        while self._run:
            self.reading.emit(*self.supply.measure())
            self.msleep(200)

    def stop(self):
        self._run = False
        self.wait()


class ChannelPanel(QWidget):
    def __init__(self, index):
        super().__init__()
        self.index = index
        self.setLayout(QVBoxLayout())

    def load(self, values):
        for v in values:
            self.layout().addWidget(QWidget())

    def cleanup(self):
        while self.layout().count():
            self.layout().takeAt(0).widget().deleteLater()


class ConnectDialog(QDialog):
    def open(self):
        self.refresh_ports()
        super().open()

    def refresh_ports(self):
        pass

    def close(self):
        return super().close()


class MainWindow(QMainWindow):
    def __init__(self, settings):
        super().__init__()
        self.settings = settings
        self.supply = PowerSupply(settings.port)
        self.worker = None

    def connect_supply(self):
        try:
            self.supply.connect()
        except SupplyError as e:
            self.statusBar().showMessage(str(e))
            return
        self.worker = PollWorker(self.supply)
        self.worker.start()

    def closeEvent(self, ev):
        if self.worker:
            self.worker.stop()
        self.supply.disconnect()
        super().closeEvent(ev)
