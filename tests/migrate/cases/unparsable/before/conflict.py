class Half:
<<<<<<< ours
    async def start(self):
        pass
>>>>>>> theirs
