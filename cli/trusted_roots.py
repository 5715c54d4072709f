"""`loyalty roots`: the certificates that functions trust, taken from all those that the SDK trusts.

Reading a file of certificates is most of what a new connection costs, and the SDK reads its own, of every public
authority, for each connection. AWS's own endpoints show certificates of Amazon's authority alone.
"""

import hashlib
import re
from pathlib import Path

from cli.console import CommandFailure
from cli.docs.generated import Check, bring_up_to_date
from cli.target import REPOSITORY

TRUSTED = REPOSITORY / "layers" / "common" / "loyalty" / "store" / "amazon_roots.pem"

ROOTS = {
    "Amazon Root CA 1": "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
    "Amazon Root CA 2": "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
    "Amazon Root CA 3": "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
    "Amazon Root CA 4": "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
    "Starfield Services Root Certificate Authority - G2": (
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5"
    ),
}
"""The five roots that Amazon Trust Services tells clients with a list of their own to trust, by the SHA-256 of the
certificate (https://www.amazontrust.com/repository/)."""

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", re.DOTALL)


def roots(check: Check = False) -> None:
    """Write the certificates that functions trust."""
    bring_up_to_date(TRUSTED, trusted(all_roots().read_text()), check=check, command="roots")


def all_roots() -> Path:
    """Return the file of certificates that the SDK trusts by itself."""
    import botocore

    return Path(botocore.__file__).with_name("cacert.pem")


def trusted(bundle: str) -> str:
    """Return the part of a bundle that functions trust.

    Raises:
        CommandFailure: a root is not in the bundle.
    """
    by_fingerprint = certificates(bundle)
    missing = [name for name, fingerprint in ROOTS.items() if fingerprint not in by_fingerprint]
    if missing:
        raise CommandFailure(
            f"the SDK does not trust {', '.join(missing)}: take a botocore that does, or remove it from ROOTS if "
            "AWS no longer uses it"
        )
    return "\n".join(f"# {name}\n{by_fingerprint[fingerprint]}" for name, fingerprint in ROOTS.items())


def certificates(bundle: str) -> dict[str, str]:
    """Return the certificates of a bundle in PEM, each by its SHA-256."""
    import ssl

    found = _CERTIFICATE.findall(bundle)
    return {hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest(): pem for pem in found}
