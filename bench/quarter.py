"""`python -m bench.quarter`: the first quarter of the Complete Journey's year as one file through the local stack, held
against its recount and the proof of the ledger. `--to 2018-01-02` makes it the whole year.

The emulator and the functions share the machine, so how long it takes says little of AWS.
"""

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.usage import usage
from cli.console import err, step
from cli.local.stack import local_stack
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.journey import post_days


def main() -> int:
    """Print what came of it; 1 where anything differs."""
    parser = usage(__doc__)
    parser.add_argument("--from", dest="first", type=datetime.fromisoformat, default=datetime(2017, 1, 1))  # noqa: DTZ001 - a day
    parser.add_argument("--to", dest="end", type=datetime.fromisoformat, default=datetime(2017, 4, 1))  # noqa: DTZ001 - a day
    asked = parser.parse_args()
    with TemporaryDirectory() as folder, local_stack(state_dir=Path(folder), report=step) as target:
        posted = post_days(target, Path(folder), asked.first, asked.end)
        with err.status("proving the ledger ..."):
            proof = verify_journal(target.open_table())
    counts, purchases = dict(posted.view.tally.counts.items()), posted.view.upload.entries
    print(f"{purchases} purchases in {posted.view.upload.rows} rows: {counts}")
    print(f"{posted.seconds:.0f} s from sending the file to its result, {purchases / posted.seconds:.0f} purchases/s")
    print(f"deviations from the recount: {len(posted.deviations)}; of the ledger: {len(proof.deviations)}")
    print(*posted.deviations[:20], *proof.deviations[:20], sep="\n")
    return int(bool(posted.deviations or proof.deviations))


if __name__ == "__main__":
    sys.exit(main())
