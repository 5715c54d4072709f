"""The hooks of snapshots, which functions leave behind as they start."""

from snapshot_restore_py import get_after_restore, get_before_snapshot  # type: ignore[import-untyped]


def forget_hooks() -> None:
    """Forget what is to be done before a snapshot and after it: it keeps each function that was ever started."""
    for hooks in (get_before_snapshot(), get_after_restore()):
        hooks.clear()
