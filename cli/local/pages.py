"""Pages that the front answers itself: the page to try the routes on, its assets, and the API's description."""

import json
import mimetypes
from dataclasses import dataclass
from importlib.resources import files

from cli.addresses import BASE_PATHS
from cli.target import REPOSITORY

OPENAPI = REPOSITORY / "docs" / "openapi.json"
ASSETS = files("flask_swagger_ui") / "dist"
INDEX = files("cli.local") / "page.html"


@dataclass(frozen=True)
class Page:
    """A complete answer."""

    kind: str
    body: bytes
    status: int = 200


def page_at(path: str, *, host: str, api_key: str | None) -> Page | None:
    """Return the page at this path, if any. `host` is the address that the caller used, `api_key` what the page fills
    in."""
    match path.split("/"):
        case ["", ""]:
            index = INDEX.read_text("utf-8").replace("{{api_key}}", _in_script(api_key))
            return Page("text/html; charset=utf-8", index.encode())
        case ["", "openapi.json"]:
            return _description(host)
        case ["", "swagger", name] if name and (asset := ASSETS / name).is_file():
            return Page(mimetypes.guess_type(name)[0] or "application/octet-stream", asset.read_bytes())
        case _:
            return None


def _in_script(value: str | None) -> str:
    """Return a value as a script in a page has it: nothing in it ends the script."""
    return json.dumps(value).replace("<", "\\u003c")


def _description(host: str) -> Page:
    try:
        document = json.loads(OPENAPI.read_text("utf-8"))
    except FileNotFoundError:
        return Page("text/plain; charset=utf-8", b"docs/openapi.json has not been generated yet\n", 404)
    # The page's script may only call the address that it came from, be that a number or a name.
    document["servers"] = [{"url": f"http://{host}{path}"} for path in ("", *(f"/{base}" for base in BASE_PATHS))]
    return Page("application/json", json.dumps(document).encode())
