"""`loyalty replay`: a year of real purchases through the HTTP API."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import CommandFailure, answer, err, in_a_sentence, out, step
from cli.journey.options import Limit, SpendEvery
from cli.options import AsJson, Days, From, Region, Stack, To

if TYPE_CHECKING:
    from cli.journey.baskets import Choice, JourneyBasket
    from cli.journey.posting import Run
    from cli.journey.reference import Needs
    from cli.journey.summary import Summary
    from cli.journey.wallets import BookMovement
    from cli.target import Target

Workers = Annotated[int, typer.Option(min=1, max=64, help="Calls at a time; a household's baskets stay in order.")]
ApiKey = Annotated[str | None, typer.Option(envvar="LOYALTY_API_KEY", help="The local stack's own by default.")]


def replay(
    limit: Limit = None,
    workers: Workers = 8,
    start: From = None,
    end: To = None,
    spend_every: SpendEvery = 0,
    api_key: ApiKey = None,
    stack: Stack = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Post the Complete Journey's baskets, a retailer's purchases of the year 2017, through the HTTP API.

    Stores, products and households are imported first, as far as the chosen baskets need them, with a small programme
    of rewards. Doing it again posts nothing twice.

    The data has no tax: 7 % is taken to be included in what a line cost, the net amount rounded half up to cents and
    the tax being the rest. Lines with a quantity of zero are left out, and baskets without a line or with a total of
    zero are not posted, as the API refuses both; the summary counts them.

    Ends with exit status 1 where a call failed or the wallets are not what awards and spends make them.
    """
    from cli.journey.baskets import Choice
    from cli.journey.summary import table
    from cli.target import Target

    target = Target.load(stack, region)
    key = api_key or target.api_key
    if not key:
        raise CommandFailure("no API key is known for this stack: give one with --api-key or LOYALTY_API_KEY")
    choice = Choice(Days.between(start, end), limit)
    summary = replay_baskets(target, key, choice, workers=workers, spend_every=spend_every)
    if as_json:
        answer(summary.as_json(), as_json=True)
    else:
        out.print(table(summary))
    if not summary.is_sound:
        raise typer.Exit(1)


def replay_baskets(target: "Target", key: str, choice: "Choice", *, workers: int, spend_every: int) -> "Summary":
    """Import what the chosen baskets need, post them, and look at the wallets that were concerned.

    Raises:
        Failure: the data is not installed, something cannot be imported, or the API cannot be reached.
    """
    from cli.journey.api import Api
    from cli.journey.baskets import LeftOutBaskets
    from cli.journey.posting import Run
    from cli.journey.reference import Needs
    from cli.journey.source import departments
    from cli.journey.summary import summarize
    from cli.journey.wallets import BookTotals

    left_out = LeftOutBaskets()
    with step("Choosing baskets"):
        catalogue = departments()
        needs = Needs.of(choice.baskets(left_out))
    import_needed(target, needs, catalogue)
    with closing(Api(target.api_url, key, connections=workers)) as api:
        run = Run(api, spend_every)
        start = perf_counter()
        _post(choice.baskets(LeftOutBaskets()), needs.baskets, run, workers)
        seconds = perf_counter() - start
        movements = _movements(run, workers)
    uncatalogued = len(needs.products - catalogue.keys())
    wallets = BookTotals.of(movements)
    return summarize(run, left_out, uncatalogued=uncatalogued, seconds=seconds, wallets=wallets)


def import_needed(target: "Target", needs: "Needs", departments: Mapping[int, str]) -> None:
    """Import the programme and the records that are needed.

    Raises:
        Failure: a record is refused, which names the first one's reason.
    """
    from cli.commands.import_files import import_files
    from cli.journey.reference import PROGRAMME, records, write
    from loyalty.store.catalogue import RENEW_AFTER

    with TemporaryDirectory() as directory:
        needed = Path(directory) / "reference.jsonl"
        write(records(needs, departments), needed)
        start = perf_counter()
        imported = import_files(target, [PROGRAMME, needed])
    refused = [(file.name, bad) for file, summary in imported.items() for bad in summary.refused]
    if refused:
        name, bad = refused[0]
        first = f"{name}:{bad.line}: {bad.field or '/'}: {in_a_sentence(bad.reason)}"
        raise CommandFailure(f"{len(refused)} records are refused, first {first}")
    changed = sum(summary.created + summary.updated for summary in imported.values())
    err.print(f"[green]✓[/] Reference data imported, {changed:,} records new [dim]{perf_counter() - start:.1f} s[/]")
    if changed:
        sleep(RENEW_AFTER.total_seconds())  # from then on a warm function that meets a new store looks it up


def _post(baskets: "Iterable[JourneyBasket]", total: int, run: "Run", workers: int) -> None:
    from cli.journey.posting import in_order
    from cli.progress import progress

    def post(basket: "JourneyBasket") -> None:
        run.post(basket)
        done()

    with progress("Posting purchases", total) as done:
        try:
            in_order(baskets, post, workers)
        except (CommandFailure, KeyboardInterrupt):
            err.print(f"Ended after {len(run.outcomes):,} purchases. The same command goes on from there.")
            raise


def _movements(run: "Run", workers: int) -> "list[BookMovement]":
    """Return what happened to each wallet that the run concerns."""
    from cli.journey.wallets import movement
    from cli.progress import progress

    movements = []
    with ThreadPoolExecutor(workers) as pool, progress("Comparing wallets and journals", len(run.books)) as done:
        try:
            for each in pool.map(lambda book: movement(book, run.api), run.books.values()):
                movements.append(each)
                done()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return movements
