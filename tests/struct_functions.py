"""A plugin of mypy: functions of `dataclasses` take no structs, though structs pass for dataclasses.

Mypy sees the fields of a dataclass in a struct, so that `dataclasses.replace` of one fails in the middle of a call.
`msgspec.structs` has functions of the same names.
"""

from collections.abc import Callable

from mypy.errorcodes import ARG_TYPE
from mypy.plugin import FunctionContext, Plugin
from mypy.types import CallableType, Instance, Type, TypeType, TypeVarType, UnionType, get_proper_type

FUNCTIONS = frozenset(f"dataclasses.{name}" for name in ("asdict", "astuple", "fields", "is_dataclass", "replace"))


class StructFunctions(Plugin):
    """Refuses structs where a dataclass is wanted."""

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        return _refuse_structs if fullname in FUNCTIONS else None


def _refuse_structs(call: FunctionContext) -> Type:
    if any(_is_struct(given) for given in call.arg_types[0]):
        call.api.fail("A struct is no dataclass: take what msgspec.structs has", call.context, code=ARG_TYPE)
    return call.default_return_type


def _is_struct(given: Type) -> bool:
    """Return whether a value of this type may be a struct, or the class of one."""
    match get_proper_type(given):
        case UnionType(items=items):
            return any(_is_struct(item) for item in items)
        case TypeType(item=inner) | TypeVarType(upper_bound=inner):
            return _is_struct(inner)
        case CallableType() as made if made.is_type_obj():
            return made.type_object().has_base("msgspec.Struct")
        case Instance(type=found):
            return found.has_base("msgspec.Struct")
    return False


def plugin(_version: str) -> type[Plugin]:
    """Return the plugin: what mypy calls."""
    return StructFunctions
