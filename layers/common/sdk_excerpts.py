"""`python sdk_excerpts.py FOLDER`: write the excerpts of botocore's models that `loyalty.store.sdk_models` reads.

Botocore comes with the endpoints of all services, and describes all that each does, for people as well. Clients of ours
need what they call.
"""

import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from loyalty.store.sdk_models import SERVICES


def write_excerpts(folder: Path) -> None:
    """Write excerpts for clients of `SERVICES`."""
    loader = Loader()
    endpoints = loader.load_data("endpoints")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: known for name, known in partition["services"].items() if name in SERVICES}
    _write(folder / "endpoints.json", endpoints)
    for service, operations in SERVICES.items():
        version = loader.determine_latest_version(service, "service-2")
        model = loader.load_data(f"{service}/{version}/service-2")
        _write(folder / service / version / "service-2.json", _excerpt(model, operations))


def _excerpt(model: Any, operations: Collection[str]) -> Any:
    """Return the model of a service that has no other operations, and no shapes but theirs, each without texts for
    people. Those beside them are few, and botocore reads some."""
    kept = {name: model["operations"][name] for name in operations}
    needed, named = set[str](), set(_shapes_named_in(kept))
    while named:
        needed |= named
        named = {name for shape in named for name in _shapes_named_in(model["shapes"][shape])} - needed
    shapes = {name: shape for name, shape in model["shapes"].items() if name in needed}
    return {**model, **_undocumented({"operations": kept, "shapes": shapes})}


def _shapes_named_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _shapes_named_in(one)


def _undocumented(part: Any) -> Any:
    """Return a part of a model without texts for people."""
    if isinstance(part, list):
        return [_undocumented(one) for one in part]
    if not isinstance(part, dict):
        return part
    is_text = {name: name == "documentation" and isinstance(one, str) for name, one in part.items()}
    return {name: _undocumented(one) for name, one in part.items() if not is_text[name]}


def _write(path: Path, model: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(model, separators=(",", ":")))


if __name__ == "__main__":
    write_excerpts(Path(sys.argv[1]))
