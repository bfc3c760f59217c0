class CloudSync:
    """Keeps the files of a user in step while the program runs."""

    def __init__(self, account, folder):
        self.account = account
        self.folder = folder
        self.changes = None

    async def start(self):
        self.changes = []

    async def shutdown(self):
        self.changes = None

    async def push(self, path):
        self.changes.append(path)
        return len(self.changes)
