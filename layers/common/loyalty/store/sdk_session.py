"""The session that clients are made in, without a look at the names that events of other services had in the past.

Left alone, botocore looks each event's name up under some seventy such names, and makes an error for each miss: a
twentieth of a cold start.
"""

from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
from botocore.hooks import BaseEventHooks, HierarchicalEmitter
from botocore.session import Session

from loyalty.store.sdk_models import SdkModels


def new_session() -> Session:
    """Return a session for clients of the services that functions call."""
    events = HierarchicalEmitter()
    register_handlers(events)
    session = Session(event_hooks=events, include_builtin_handlers=False)
    session.register_component("event_emitter", events)
    session.register_component("data_loader", SdkModels())
    return session


def register_handlers(events: BaseEventHooks) -> None:
    """Register botocore's own handlers, as its session does."""
    ways = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for name, handler, *way in BUILTIN_HANDLERS:
        register = ways[way[0]] if way else events.register
        register(name, handler)
