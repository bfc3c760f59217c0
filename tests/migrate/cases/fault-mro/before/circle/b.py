from circle.a import A


class B(A):
    async def ring(self):
        return self.on
