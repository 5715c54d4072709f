"""Pass codes are kept as hashes only."""

import hashlib
import hmac


def hashed_pass_code(token_id: str, pass_code: str) -> str:
    """What is stored of an access token's pass code: scrypt, salted with the token's id, in hex.

    Pass codes are short, so the hash is slow on purpose (some 40 ms of CPU and 16 MB). The same code of the same token
    always gives the same hash, so importing it again changes nothing.
    """
    return hashlib.scrypt(pass_code.encode(), salt=token_id.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def is_pass_code(pass_code: str, token_id: str, hashed: str) -> bool:
    """Whether this is the pass code of which `hashed` was stored; how long it takes does not tell how nearly."""
    return hmac.compare_digest(hashed_pass_code(token_id, pass_code), hashed)
