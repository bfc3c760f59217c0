import tkinter
from dataclasses import dataclass


@dataclass
class Theme:
    name: str = "light"
    font: str = "sans"

    def load(self):
        return {"name": self.name, "font": self.font}


class Widget:
    def __init__(self, parent=None):
        self.parent = parent
        self.children = []

    def draw(self, canvas):
        for child in self.children:
            child.draw(canvas)


class Window(Widget):
    def open(self):
        self.root = tkinter.Tk()

    def close(self):
        self.root.destroy()


class Dialog(Window):
    def accept(self):
        self.close()
        return True


class Canvas(tkinter.Frame):
    def setup(self):
        self.pack()

    def dispose(self):
        self.destroy()
