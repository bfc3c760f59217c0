from vaults.foundation import VaultBase


class FileVault(VaultBase):
    def __init__(self, config):
        super().__init__(config)
        self.path = config["path"]

    async def initialize(self):
        self.ready = True

    async def cleanup(self):
        self.ready = False

    async def get(self, key):
        return f"{self.path}/{key}"
