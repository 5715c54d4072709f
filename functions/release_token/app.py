"""POST /authentication/token/release: give a token of the classic API back."""

from os import environ

from loyalty.api.classic.envelope import refused, succeeded, token_in
from loyalty.api.endpoint import endpoint
from loyalty.api.messages import Request, Response
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.usecases.tokens import release_token

table = connect(environ["TABLE_NAME"])
signing_keys = SigningKeys(table)


def release(request: Request) -> Response:
    release_token(token_in(request), table=table, signing_keys=signing_keys)
    return succeeded({})


handler = endpoint(release, refusal=refused)
