class Pump:
    def __init__(self, config):
        self._config = config
        self._name = config.get("name", "pump")
        self._state = "idle"
        self._logger = []
        self.status = "idle"
        self.current = 0

    async def start(self):
        self.status = "running"
        self._state = "busy"
        self._logger.append("start")

    async def stop(self):
        self.status = "idle"
        self._logger.append("stop")

    async def flow(self, litres):
        self.current += litres
        return f"{self._name} {self._state} {self.current}"

    async def reload(self):
        return "reloaded"
