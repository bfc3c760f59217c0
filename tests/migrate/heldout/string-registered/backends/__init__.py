from backends.registry import lookup, register_provider
from backends import echo, slow

register_provider("echo", echo.Echo)
register_provider("slow", slow.Slow)
