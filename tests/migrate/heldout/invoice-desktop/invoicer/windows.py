import tkinter as tk
from tkinter import ttk

from PyQt5 import QtWidgets


class MainWindow(tk.Tk):
    def __init__(self, db):
        super().__init__()
        self.db = db

    def open(self):
        self.deiconify()

    def close(self):
        self.destroy()


class InvoiceDialog(QtWidgets.QDialog):
    def __init__(self, parent=None):
        super().__init__(parent)
        self.init_ui()

    def init_ui(self):
        QtWidgets.QVBoxLayout(self)

    def open(self):
        self.show()

    def closeEvent(self, event):
        event.accept()


class Panel(ttk.Frame):
    def setup(self):
        self.tree = ttk.Treeview(self)
        self.tree.pack()

    def cleanup(self):
        self.tree.destroy()


class CustomerPanel(Panel):
    def setup(self):
        super().setup()
        self.tree.heading("#0", text="Customer")


class Money(int):
    def __format__(self, spec):
        return f"{self / 100:.2f}"
