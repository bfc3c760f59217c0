class AgentEngine:
    def __init__(self):
        self._types = {}
        self._agents = {}

    def register_agent_type(self, name, cls):
        self._types[name] = cls

    def create_agent(self, name, config):
        agent = self._types[name](len(self._agents), {}, config)
        self._agents[agent.id] = agent
        return agent

    async def shutdown(self):
        for agent in self._agents.values():
            await agent.cleanup()


class AgentNotFound(LookupError):
    pass
