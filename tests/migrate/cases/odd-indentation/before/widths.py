class Two:
  def __init__(self, config):
    self.config = config

  async def start(self):
    self.on = True

  async def stop(self):
    self.on = False

  async def ask(self):
    return self.on


class Deep:
        def __init__(self, config):
           self.config = config

        async def start(self):
                 self.level = 1

        async def stop(self):
          self.level = 0

        async def ask(self):
                if self.level:
                  return "deep"
                return "flat"
