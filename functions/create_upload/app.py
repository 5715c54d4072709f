"""POST /uploads: a form to send a file of purchases with."""

from os import environ
from uuid import uuid4

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.uploads import read_upload, render_expected
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect, connect_files
from loyalty.usecases.uploads import expect_upload

table = connect(environ["TABLE_NAME"])
files = connect_files(environ["UPLOAD_BUCKET"])


def create(request: Request, partner: Partner) -> Response:
    asked, upload_id = read_upload(request.json()), uuid4().hex.upper()
    upload, form = expect_upload(
        upload_id, asked.name, partner, dry_run=asked.dry_run, table=table, files=files, now=request.now
    )
    return Response(200, render_expected(upload, form), {"Location": f"/uploads/{upload_id}"})


handler = endpoint(authorized(create, Scope.POST_PURCHASES, SigningKeys(table)))
