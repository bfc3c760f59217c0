from agents.core import Agent, AgentState


class Planner(Agent):
    async def initialize(self):
        self.plans = []

    async def cleanup(self):
        self.plans = []

    async def plan(self, goal):
        self.phase = AgentState.BUSY
        self.plans.append(goal)
        return len(self.plans)


class Critic(Planner):
    async def plan(self, goal):
        return 0


class Researcher(Agent):
    async def initialize(self):
        self.notes = {}

    async def cleanup(self):
        self.notes = {}

    async def look_up(self, word):
        return self.notes.get(word)
