"""Posting baskets with several workers: those of one household by one worker, in the order in which they come."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Queue
from threading import Event

from cli.console import CommandFailure
from cli.journey.api import Api, CallOutcome
from cli.journey.baskets import JourneyBasket, account, purchase
from cli.journey.wallets import Book, open_book

WAITING_BASKETS = 100
"""Baskets that wait for a worker at most, so that memory does not grow with the year."""

MAX_FAILED = 20
"""Purchases that the engine may fail to take, after all tries, before the run is given up."""


@dataclass(slots=True)
class Run:
    """The posted purchases and their wallets, by household. Several threads call it, but only one for each
    household."""

    api: Api
    spend_every: int = 0
    outcomes: list[CallOutcome] = field(default_factory=list)
    books: dict[int, Book] = field(default_factory=dict)

    def post(self, basket: JourneyBasket) -> None:
        """Post a basket and keep what became of it; before a household's first one, look at its wallet.

        Raises:
            Failure: the API cannot be reached or does not accept the key, or too many purchases failed.
        """
        if basket.household not in self.books:
            self.books[basket.household] = open_book(account(basket.household), self.api)
        outcome = self.api.post(purchase(basket, self.spend_every))
        self.outcomes.append(outcome)
        if outcome.kind == "posted" and outcome.event_id is not None:
            self.books[basket.household].posted.append(outcome.event_id)
        if outcome.kind == "failed" and sum(each.kind == "failed" for each in self.outcomes) > MAX_FAILED:
            raise CommandFailure(f"more than {MAX_FAILED} purchases failed, the last one with {outcome.code}")


def in_order(baskets: Iterable[JourneyBasket], post: Callable[[JourneyBasket], None], workers: int) -> None:
    """Call `post` for each basket from one of `workers` threads, always the same one for a household.

    The first exception, be it Ctrl-C, ends it: no further basket is posted, and it is raised once all workers rest.
    """
    queues: list[Queue[JourneyBasket | None]] = [Queue(WAITING_BASKETS) for _ in range(workers)]
    stop = Event()
    with ThreadPoolExecutor(workers) as pool:
        done = [pool.submit(_work, queue, post, stop) for queue in queues]
        try:
            for basket in baskets:
                if stop.is_set():
                    break
                queues[basket.household % workers].put(basket)
        except BaseException:
            stop.set()
            raise
        finally:
            for queue in queues:
                queue.put(None)
    for future in done:
        future.result()


def _work(queue: "Queue[JourneyBasket | None]", post: Callable[[JourneyBasket], None], stop: Event) -> None:
    waiting = iter(queue.get, None)
    try:
        for basket in waiting:
            if basket is not None and not stop.is_set():
                post(basket)
    except BaseException:
        stop.set()
        for _ in waiting:  # so that nobody waits to put something in
            pass
        raise
