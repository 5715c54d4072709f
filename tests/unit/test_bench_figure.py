"""A figure is told with its goal, and with whether it is missed."""

from bench.figure import Figure


def test_a_goal_is_not_to_be_exceeded() -> None:
    assert str(Figure("a start", "M instructions", 1150, 1677, 1200, None)) == (
        "| a start | M instructions | 1,677 | 1,200 | - | 1,150, missed |"
    )
    assert not Figure("a start", "M instructions", 1150, None, 1150).is_missed


def test_a_goal_may_have_to_be_reached() -> None:
    assert str(Figure("files", "times plain", 8, None, 7.5, 1, at_least=True)) == (
        "| files | times plain | - | 7.5 | 1 | at least 8, missed |"
    )
    assert not Figure("files", "times plain", 8, None, 8, at_least=True).is_missed


def test_without_a_goal_or_a_figure_nothing_is_missed() -> None:
    assert not Figure("a start", "ms CPU", None, None, 100).is_missed
    assert not Figure("a start", "M instructions", 1150, None, None).is_missed
