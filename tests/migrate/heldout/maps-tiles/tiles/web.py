from flask import Flask, abort
from flask.views import MethodView

from tiles.caches import FileTileCache, Tile


class TileApi(MethodView):
    init_every_request = False

    def __init__(self, cache):
        self.cache = cache

    def get(self, z, x, y):
        t = self.cache.get(Tile(z, x, y))
        return t.data or abort(404)


class DevConfig:
    DEBUG = True
    TILE_ROOT = "./tiles"


class ProdConfig(DevConfig):
    DEBUG = False
    TILE_ROOT = "/srv/tiles"

    def init_app(self, app):
        app.logger.setLevel("WARNING")


def create_app(conf=ProdConfig):
    app = Flask(__name__)
    app.config.from_object(conf)
    cache = FileTileCache(root=conf.TILE_ROOT)
    cache.init()
    app.add_url_rule("/<int:z>/<int:x>/<int:y>.png", view_func=TileApi.as_view("tile", cache))
    return app
