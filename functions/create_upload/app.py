"""POST /uploads: a form to send a file of purchases with."""

from os import environ
from uuid import uuid4

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.unknown_fields import read_body
from loyalty.api.newest.uploads import CreateUpload, read_upload, render_expected
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect, connect_files
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.uploads.show_upload import expect_upload, expected_upload

table = connect(environ["TABLE_NAME"])
files = connect_files(environ["UPLOAD_BUCKET"])


def create(request: Request, partner: Partner) -> Response:
    asked = read_upload(read_body(request, CreateUpload))
    upload = expected_upload(uuid4().hex.upper(), asked.name, partner, request.now, dry_run=asked.dry_run)
    form = expect_upload(upload, table=table, files=files)
    return Response(200, render_expected(upload, form), {"Location": f"/uploads/{upload.id}"})


handler = http_handler(authorized(create, Scope.POST_PURCHASES, SigningKeys(table)))
