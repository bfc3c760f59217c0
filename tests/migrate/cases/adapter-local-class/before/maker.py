def make(prefix):
    class Greeter:
        def __init__(self, config=None):
            self.config = config or {}

        async def start(self):
            self.greeting = self.config.get("greeting", prefix)

        async def stop(self):
            self.greeting = None

        async def greet(self, name):
            return f"{self.greeting} {name}"

    return Greeter


Morning = make("good morning")
