"""Proofs of what the customers of a bulk call showed, by the places of its entries; kept as long as its upload is."""

from collections.abc import Mapping

from loyalty import exactjson
from loyalty.domain.access.code_proof import CodeProof
from loyalty.store.files import Files


def write_proofs(files: Files, upload_id: str, proofs: Mapping[int, CodeProof]) -> None:
    """Keep the proofs of an upload."""
    kept = {str(place): proof.to_json() for place, proof in proofs.items()}
    files.write(_key(upload_id), exactjson.dumps(kept).encode())


def read_proofs(files: Files, upload_id: str) -> dict[int, CodeProof]:
    """Return the proofs of an upload."""
    kept = exactjson.loads(files.read(_key(upload_id)))
    return {int(place): CodeProof.of(proof) for place, proof in kept.items()}


def _key(upload_id: str) -> str:
    return f"proofs/{upload_id}"
