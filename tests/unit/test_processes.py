"""Work that is shared among processes."""

import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from cli.console import CommandFailure
from cli.processes import Tell, in_processes
from cli.target import REPOSITORY
from loyalty.domain.errors import Code, Problem, Refused


def test_results_come_in_the_order_of_the_work_from_processes_of_their_own() -> None:
    def work(number: int, _: Tell) -> tuple[int, int]:
        return number, os.getpid()

    with in_processes([partial(work, number) for number in range(3)]) as collect:
        found = collect(lambda _: None)

    assert [number for number, _ in found] == [0, 1, 2]
    assert len({pid for _, pid in found} | {os.getpid()}) == 4


def test_a_single_piece_is_done_in_this_process() -> None:
    with in_processes([lambda _: os.getpid()]) as collect:
        assert collect(lambda _: None) == [os.getpid()]


@pytest.mark.parametrize("pieces", [1, 2])
def test_all_that_is_done_is_told(pieces: int) -> None:
    told = list[int]()

    def work(tell: Tell) -> None:
        for _ in range(250):
            tell(1)

    with in_processes([work] * pieces) as collect:
        collect(told.append)

    assert sum(told) == 250 * pieces


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize(
    "raised", [LookupError("no such shop"), Refused(Problem(Code.NOT_FOUND, "no such shop", "/outlet_tap"))]
)
def test_what_a_piece_raises_is_raised_where_it_was_asked_for(pieces: int, raised: Exception) -> None:
    def work(_: Tell) -> None:
        raise raised

    with pytest.raises(type(raised), match="no such shop") as found, in_processes([work] * pieces) as collect:
        collect(lambda _: None)

    assert (str(found.value), vars(found.value)) == (str(raised), vars(raised))


def test_a_process_that_is_killed_is_no_result() -> None:
    with (
        pytest.raises(CommandFailure, match="ended early"),
        in_processes([lambda _: os.kill(os.getpid(), signal.SIGKILL)] * 2) as collect,
    ):
        collect(lambda _: None)


WAITING = """
import os
import signal
from cli.processes import in_processes

def wait(_):
    os.write(1, b"begun\\n")  # whole, whoever else writes
    signal.pause()

with in_processes([wait] * 3) as collect:
    collect(lambda _: None)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_goes_on_without_the_one_that_asked_for_its_work(how: signal.Signals) -> None:
    command = [sys.executable, "-c", WAITING]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, start_new_session=True) as asking:
        assert asking.stdout
        begun = [asking.stdout.readline() for _ in range(3)]
        asking.send_signal(how)
        try:
            asking.communicate(timeout=60)  # until the last of them has ended, as each has this output
        except subprocess.TimeoutExpired:
            os.killpg(asking.pid, signal.SIGKILL)
            raise
    assert begun == 3 * [b"begun\n"]
