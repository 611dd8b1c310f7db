"""Children: started, listened to, restarted ever more slowly, and sure to end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nautscan.sensor.children import MAX_LINE, Backoff, Child, ChildSpec, ended_how

WAIT_S = 20.0


def spec(folder: Path, body: str) -> ChildSpec:
    """A child that runs `body`."""
    (folder / "child_under_test.py").write_text(textwrap.dedent(body))
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return ChildSpec("child", ["child_under_test"], environment)


async def test_its_words_arrive_line_by_line(tmp_path: Path) -> None:
    lines: list[str] = []
    body = f"""
        import sys
        print("to standard output")
        sys.stdout.flush()
        sys.stderr.buffer.write(b"x" * {2 * MAX_LINE} + b"\\nlast \\xff word")
    """
    child = await Child.start(spec(tmp_path, body), lines.append)
    assert await asyncio.wait_for(child.wait(), WAIT_S) == 0
    assert "to standard output" in lines
    assert "last \ufffd word" in lines
    assert sum(line.count("x") for line in lines) == 2 * MAX_LINE
    assert max(map(len, lines)) <= 2 * MAX_LINE


async def test_it_ends_by_itself_when_its_lifeline_closes(tmp_path: Path) -> None:
    lines: list[str] = []
    body = """
        import threading
        from nautscan.sensor.children import watch_lifeline
        ended = threading.Event()
        watch_lifeline(ended.set)
        print("up", flush=True)
        ended.wait()
        print("ended by itself", flush=True)
    """
    child = await Child.start(spec(tmp_path, body), lines.append)
    assert await child.stop(WAIT_S) == 0
    assert lines[-1] == "ended by itself"


async def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    up = asyncio.Event()
    body = """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("up", flush=True)
        while True:
            time.sleep(60)
    """
    child = await Child.start(spec(tmp_path, body), lambda _line: up.set())
    await asyncio.wait_for(up.wait(), WAIT_S)
    assert await child.stop(0.05) == -signal.SIGKILL


def test_it_ends_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "child_under_test.py").write_text(
        textwrap.dedent("""
            import os, threading
            from nautscan.sensor.children import watch_lifeline
            ended = threading.Event()
            watch_lifeline(ended.set)
            print(os.getpid(), flush=True)
            ended.wait()
        """)
    )
    parent = textwrap.dedent("""
        import asyncio, os, signal
        from nautscan.sensor.children import Child, ChildSpec

        async def main():
            told = asyncio.Event()
            def line(text):
                print(text, flush=True)
                told.set()
            await Child.start(ChildSpec("child", ["child_under_test"], os.environ), line)
            await told.wait()
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
    """)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-c", parent],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )
    # The child holds no pipe of the parent's parent: that `run` returned does not show it ended.
    assert done.returncode == -signal.SIGKILL
    child = int(done.stdout)
    for _ in range(200):
        if not _alive(child):
            return
        signal.sigtimedwait([], 0.05)
    pytest.fail("the child outlived its supervisor")


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_it_imports_nothing_from_the_folder_it_was_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("print('hostile')")
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    child = await Child.start(ChildSpec("child", ["json.tool"], os.environ), lines.append)
    await child.stop(WAIT_S)
    assert "hostile" not in lines


def test_pauses_grow_and_start_anew_after_a_steady_life() -> None:
    backoff = Backoff((1.0, 2.0, 5.0))
    assert [backoff.after(0.1) for _ in range(4)] == [1.0, 2.0, 5.0, 5.0]
    assert backoff.after(3600.0) == 1.0


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (-9, "SIGKILL"), (-63, "signal 63")],
)
def test_an_end_in_words(code: int, words: str) -> None:
    assert words in ended_how(code)
