"""The contenders by name."""
from .gateway import Gateway
from .nginx import Nginx

CONTENDERS = ("nginx", "nginx-lua", "nginx-lua-redis", "moongate", "moongate-redis", "moongate-shared")


def make_contender(name, stage, settings=()):
    """settings: "key=value" for the gateway."""
    if name == "nginx":
        return Nginx(stage, name, "nginx")
    if name == "nginx-lua":
        return Nginx(stage, name, "nginx + Lua", lua="cached")
    if name == "nginx-lua-redis":
        return Nginx(stage, name, "nginx + Lua, Redis each time", lua="redis")
    if name == "moongate":
        return Gateway(stage, name, "Moongate", settings=settings)
    if name == "moongate-shared":
        return Gateway(stage, name, "Moongate, MariaDB and Redis", shared=True, settings=settings)
    return Gateway(stage, name, "Moongate, Redis each time", redis=True, settings=settings)
