import subprocess
import sys

import pytest

from spade_terrain.progress import Progress, _bar, progress, track


def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")


def test_nothing_is_written_without_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with progress("blocks", 1000, 500) as shown:
        for _ in range(500):
            shown.advance()
        shown.describe("the last")
    assert list(track(range(3), "files")) == [0, 1, 2]
    assert (shown.done, shown.total) == (1000, 1000)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_the_count_the_time_left_and_a_description(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _terminal(monkeypatch)
    with progress("blocks", 3000, 1000) as shown:
        shown.advance()
        shown.describe("[losses] 0.5")
        print("a result")
    out, err = capsys.readouterr()
    assert out == "a result\n"
    assert "1,001 of 3,000 blocks" in err
    assert "left  [losses] 0.5" in err


def test_the_time_left_counts_from_the_beginning() -> None:
    """Two workers' first blocks come at almost the same time, which is not how fast blocks are made."""
    clock, bar = [0.0], _bar()
    bar.get_time = lambda: clock[0]
    shown = Progress("blocks", 10, 0, bar)
    for clock[0] in (60.0, 61.0):
        shown.advance()
    assert bar.tasks[0].time_remaining == 244  # 8 blocks at 2 in 61 s


def test_a_total_may_come_late(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _terminal(monkeypatch)
    with progress("MB", float("inf")) as shown:
        assert shown.total is None
        shown.reach(5)
        shown.reach(6, total=12)
    assert "6 of 12 MB" in capsys.readouterr().err


def test_tracking_counts_what_was_done_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _terminal(monkeypatch)
    assert list(track(["c", "d"], "patches", done=2)) == ["c", "d"]
    assert "4 of 4 patches" in capsys.readouterr().err


def test_what_is_not_to_be_shown_is_not(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _terminal(monkeypatch)
    with progress("steps", 3, shown=False) as shown:
        shown.advance()
    assert capsys.readouterr().err == ""


def test_rich_is_not_imported_without_a_terminal() -> None:
    code = (
        "import sys\n"
        "from spade_terrain.progress import track\n"
        "list(track(range(3), 'files'))\n"
        "assert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.PIPE)
