"""Each public module speaks one provider's protocol; the folder is the registry.

A channel's kind is its module's name, and its class is named after it: `channels/simulator.py` holds
`Simulator`. Nothing is imported before it is asked for, and nothing registers itself.
"""

from importlib import import_module
from pkgutil import iter_modules

from router.channel import Channel
from router.errors import NotFound


def kinds() -> tuple[str, ...]:
    """The kinds of channels there are, in order."""
    found = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def load(kind: str) -> type[Channel]:
    """The channel of that kind. Raises `NotFound`."""
    if kind not in kinds():
        raise NotFound("there is no such channel")
    name = "".join(word.capitalize() for word in kind.split("_"))
    channel: type[Channel] = getattr(import_module(f"{__name__}.{kind}"), name)
    return channel
