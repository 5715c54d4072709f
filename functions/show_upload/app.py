"""GET /uploads/{id}: how far an upload has got, and what has become of it."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.uploads import render_upload
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect, connect_files
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.uploads.show_upload import show_upload

table = connect(environ["TABLE_NAME"])
files = connect_files(environ["RESULT_BUCKET"])


def show(request: Request, partner: Partner) -> Response:
    view = show_upload(request.path["id"], partner, table=table, files=files, now=request.now)
    return Response(200, render_upload(view))


handler = http_handler(authorized(show, Scope.POST_PURCHASES, SigningKeys(table)))
