"""class Provider(Base): async def initialize(self) ..."""
