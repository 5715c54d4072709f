"""Clients have the handlers that botocore gives them, for events whose names have always been the same."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import BaseEventHooks, EventAliaser
from botocore.session import Session

from loyalty.store.sdk_models import SERVICES
from loyalty.store.sdk_session import new_session, register_handlers


class Registered(BaseEventHooks):
    """Keeps what is registered, in its order: in which way, under which name, and which handler."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, Callable[..., Any]]] = []

    def register(self, event_name: str, handler: Callable[..., Any], *_: Any, **__: Any) -> None:
        self.all.append(("within", event_name, handler))

    def register_first(self, event_name: str, handler: Callable[..., Any], *_: Any, **__: Any) -> None:
        self.all.append(("first", event_name, handler))

    def register_last(self, event_name: str, handler: Callable[..., Any], *_: Any, **__: Any) -> None:
        self.all.append(("last", event_name, handler))


class Emitted(BaseEventHooks):
    """Answers an event with its name."""

    def emit(self, event_name: str, **_: Any) -> str:
        return event_name


def test_handlers_are_registered_as_botocores_session_does_under_the_same_names_for_our_services() -> None:
    ours, botocores = Registered(), Registered()

    register_handlers(ours)
    Session(event_hooks=botocores)

    assert len(ours.all) == len(BUILTIN_HANDLERS)
    builtin = botocores.all[: len(BUILTIN_HANDLERS)]  # what libraries add to each session comes after them
    for (way, name, handler), (its_way, its_name, its_handler) in zip(ours.all, builtin, strict=True):
        assert (way, handler) == (its_way, its_handler)
        assert name == its_name or not {*name.split(".")} & {*SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_no_event_of_our_services_has_had_another_name(service: str) -> None:
    aliased = EventAliaser(Emitted())
    model = new_session().get_service_model(service)

    assert model.service_id.hyphenize() == service
    for operation in model.operation_names:
        name = f"before-call.{service}.{operation}"
        assert aliased.emit(name) == name
