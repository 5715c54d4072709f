"""Time that passes while others are at work, and what operators and schedules do in it."""

from uuid import UUID

from loyalty.usecases.uploads.dead_letters import redrive
from tests.simulation.operations.caller import Caller, operation
from tests.simulation.operations.load import Operated

PAUSE = (0.1, 10.0)


@operation(4)
def pause(caller: Caller) -> int:
    """Do nothing for a while, as a till between two customers."""
    caller.world.scheduler.sleep(caller.chance.uniform(*PAUSE))
    return 1


@operation(2)
def expire_lots(caller: Caller) -> int:
    """Have expired lots taken out of the wallets, as each night, beside whatever is under way."""
    now = caller.world.scheduler.now
    caller.world.call_by_the_clock("expire_lots")
    caller.load.operated.append(Operated("expire", None, None, now, now))
    return 1


@operation(2)
def redrive_dead_letters(caller: Caller) -> int:
    """Have dead letters and failed calls taken up again."""
    run, letters = UUID(int=caller.chance.getrandbits(128)).hex, caller.world.dead_letters()
    caller.operate("redrive", run, lambda: redrive(None, run, letters, table=caller.world.table))
    return 1
