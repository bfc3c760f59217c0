class View:
    def __init__(self, request):
        self.request = request

    async def get(self):
        raise NotImplementedError

    def setup(self, request):
        self.request = request


class HealthView(View):
    async def get(self):
        return {"ok": True}


class CartView(View):
    async def get(self):
        return dict(self.request.session)
