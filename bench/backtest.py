"""`python -m bench.backtest`: the Complete Journey's year under a draft and the current programme, from the shell.

Counted is the whole process, with everything that it reads, imports, prices and draws.
"""

import resource
import subprocess
import sys
from pathlib import Path

from bench.setting import OUT, ROOT
from bench.usage import usage

DRAFT = ROOT / "cli" / "journey" / "draft.jsonl"
LOYALTY = Path(sys.executable).with_name("loyalty")


def cpu_seconds() -> float:
    """CPU seconds, user and system time, of one process."""
    OUT.mkdir(exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(LOYALTY), "backtest", str(DRAFT), "--journey", "--html", str(OUT / "backtest.html")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    usage(__doc__).parse_args()
    print(f"the year backtested    {cpu_seconds():.0f} s CPU")
