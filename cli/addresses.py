"""Where the API is served: at the root of each address, and below it where clients of the vendor look for it."""

BASE_PATHS = {
    "crmapi/rest/v2": "The classic API, where clients of the vendor look for it.",
    "backoffice/v1": "The newest API, where clients of the vendor look for it.",
    "backoffice/v2": "The newest API, where later clients of the vendor look for it.",
}
"""What the template maps to the API, without slashes around it, and a description. A route is served below all."""


def is_below_a_base_path(path: str) -> bool:
    """Return whether the domain takes a base path off the path of a request before it looks for a route."""
    return any(path.partition("?")[0].startswith(f"/{base}/") for base in BASE_PATHS)
