"""The authorizer's answer to API Gateway."""

from typing import Any

from loyalty.domain.access.partner import Partner


class Unauthorized(Exception):  # noqa: N818 - reads as what it says
    """API Gateway answers 401, and keeps nothing, if an authorizer fails with this word and no other."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def allow(method_arn: str, partner: Partner, token: str) -> dict[str, Any]:
    """Let the partner call every route of the stage, and hand its token on to the functions.

    API Gateway keeps this answer for some minutes and uses it for the partner's other routes too, so it must not name
    the one method that was called first; what the key may do is the functions' to check, by the token's scopes.
    """
    return _answer(partner.id, "Allow", method_arn) | {"context": {"token": token}}


def deny(method_arn: str) -> dict[str, Any]:
    """Let nobody in; API Gateway keeps this answer as well, so a wrong key does not wake the authorizer every time."""
    return _answer("unknown", "Deny", method_arn)


def _answer(principal: str, effect: str, method_arn: str) -> dict[str, Any]:
    api, stage, *_ = method_arn.split("/")
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{api}/{stage}/*"}
    return {"principalId": principal, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
