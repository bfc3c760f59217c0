class DiskCache:
    def __init__(self, config: dict) -> None:
        self.limit = config.get("limit", 8)
        self.items: dict[str, str] = {}
        self.opened = False

    def setup(self) -> None:
        self.opened = True

    def teardown(self) -> None:
        self.items.clear()
        self.opened = False

    def put(self, key: str, value: str) -> bool:
        if not self.opened or len(self.items) >= self.limit:
            return False
        self.items[key] = value
        return True
