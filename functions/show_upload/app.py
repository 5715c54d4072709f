"""GET /uploads/{id}: how far an upload has got, and what has become of it."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.uploads import render_upload
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect, connect_files
from loyalty.usecases.uploads import show_upload

table = connect(environ["TABLE_NAME"])
files = connect_files(environ["RESULT_BUCKET"])


def show(request: Request, partner: Partner) -> Response:
    view = show_upload(request.path["id"], partner, table=table, files=files, now=request.now)
    return Response(200, render_upload(view))


handler = endpoint(authorized(show, Scope.POST_PURCHASES, SigningKeys(table)))
