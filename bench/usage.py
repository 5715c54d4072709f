"""The usage of a measurement, and what it tells while it is at work."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter


def usage(about: str | None) -> ArgumentParser:
    """Return the parser of the module that runs, which tells `about` it on `--help`; measurements take minutes."""
    module = sys.modules["__main__"].__spec__
    assert module
    name = module.name.removesuffix(".__main__")
    return ArgumentParser(prog=f"python -m {name}", description=about, formatter_class=RawDescriptionHelpFormatter)


def tell(doing: str) -> None:
    """Tell what is going on, apart from the figures."""
    print(f"{doing} ...", file=sys.stderr, flush=True)
