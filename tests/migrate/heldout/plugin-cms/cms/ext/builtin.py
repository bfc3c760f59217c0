from cms.ext import api
from cms.ext.api import Extension as Ext, Shortcode


class Gallery(Ext):
    def on_load(self):
        from PIL import Image

        self.thumb = Image.new("RGB", (1, 1))
        self.app.shortcodes.append(Shortcode("gallery", self.render))

    def on_unload(self):
        self.thumb.close()

    def render(self, ids):
        return "".join("<img src='%s'>" % i for i in ids)


class Sitemap(api.Extension):
    def render(self):
        return "\n".join(p.url for p in self.app.pages)


class Comments(api.Extension):
    class Comment:
        def __init__(self, who, text):
            self.who = who
            self.text = text

    def on_load(self):
        import sqlite3

        self.db = sqlite3.connect(self.app.comments_db)

    def on_unload(self):
        self.db.close()


class Page:
    def __init__(self, url, body):
        self.url = url
        self.body = body

    def open(self):
        import webbrowser

        webbrowser.open(self.url)
