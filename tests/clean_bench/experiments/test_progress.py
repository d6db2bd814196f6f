"""Totals become steps, also where a resumed run begins behind the first one."""

from clean_bench.experiments.progress import up_to


def test_the_steps_add_up_to_each_total() -> None:
    moved: list[tuple[int, str]] = []
    move = up_to(lambda n, note: moved.append((n, note)))
    for completed in (5, 6, 9):
        move(completed, f"at {completed}")
    assert moved == [(5, "at 5"), (1, "at 6"), (3, "at 9")]
