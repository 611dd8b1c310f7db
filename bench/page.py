"""The page under a flood of rows: real server, real Chromium, ten thousand requests a second.

Says how long frames took, which tasks were long, and what the heap held over time. All share the
machine's cores: generator, engine, store and browser.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import report

HERE: Final = Path(__file__).parent
DRIVER: Final = HERE.parent / "web" / "node_modules" / "playwright-core"
FRAME_MS: Final = 1000 / 60
START_S: Final = 60.0
ADDRESS: Final = "http://127.0.0.1:{port}"


def main() -> int:
    """Measure, print, write to bench/results."""
    parser = argparse.ArgumentParser(prog="bench.page", description=__doc__)
    parser.add_argument("--rate", type=int, default=10_000, help="requests a second")
    parser.add_argument("--seconds", type=int, default=600, help="to watch")
    parser.add_argument("--port", type=int, default=8479)
    parser.add_argument("--no-results", action="store_true", help="print only")
    options = parser.parse_args()
    reason = why_not()
    if reason is not None:
        print(f"bench: the page was not measured: {reason}", file=sys.stderr)
        return 1
    machine = report.this_machine()
    text, data = section(options.rate, options.seconds, options.port)
    document = (
        f"# The page under a flood, {datetime.now(UTC):%Y-%m-%d}\n\n{machine.processor}, "
        f"{machine.cores} cores, {machine.memory_bytes / 1e9:.0f} GB; load "
        f"{machine.load_before:.2f} before.\n\n{text}"
    )
    print(document)
    if not options.no_results:
        data["machine"] = asdict(machine)
        print(f"written to {report.write('page', document, data)}", file=sys.stderr)
    return 0


def why_not() -> str | None:
    """Why the page cannot be measured here, or None."""
    missing = [name for name in ("node", "chromium") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return None if DRIVER.is_dir() else "playwright-core is not installed: make test installs it"


def section(rate: int, seconds: int, port: int) -> tuple[str, dict[str, Any]]:
    """Measure; the words for the report and the figures."""
    with _serving(rate, port) as address:
        done = subprocess.run(
            ["node", str(HERE / "page.mjs"), address, str(seconds)],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 180,
        )
    if done.returncode:
        raise RuntimeError(f"the browser failed: {done.stderr[-800:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return _words(found, rate), {"rate": rate, **summary(found)}


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The figures that the trace comes down to; durations in milliseconds."""
    frames = sorted(found["frames"])
    tasks = found["long_tasks"]

    def share(part: float) -> float:
        return round(float(frames[min(len(frames) - 1, int(len(frames) * part))]), 1)

    return {
        "seconds": found["seconds"],
        "frames_per_second": round(len(frames) / found["seconds"], 1),
        "frame_ms": {"p50": share(0.5), "p95": share(0.95), "p99": share(0.99), "max": share(1)},
        "late_frames": sum(frame > 2 * FRAME_MS for frame in frames),
        "frames": len(frames),
        "cpu_ms_a_frame": _spent(found["spent"], len(frames)),
        "long_tasks": len(tasks),
        "longest_task_ms": round(max(tasks, default=0), 1),
        "heap_bytes": found["heap_bytes"],
        "first_row_ms": found["first_row_ms"],
        "rows_written": found["rows_written"],
        "footer": found["footer"],
        "troubles": found["troubles"],
    }


def _spent(spent: dict[str, Any], frames: int) -> dict[str, float]:
    """Processor time of a frame, by who spent it, in milliseconds.

    `painting` is what the page's thread does besides script, style and layout: it paints, and hands
    over what it painted. `other_threads` are those of the browser's processes that draw it.
    """
    before, after = spent["before"], spent["after"]
    grown = {name: after[name] - before[name] for name in ("script", "layout", "thread")}
    known = {process["id"]: process["cpuTime"] for process in before["processes"]}
    processes = sum(
        process["cpuTime"] - known.get(process["id"], 0.0) for process in after["processes"]
    )
    seconds = {
        "script": grown["script"],
        "style_and_layout": grown["layout"],
        "painting": grown["thread"] - grown["script"] - grown["layout"],
        "other_threads": processes - grown["thread"],
    }
    return {name: round(1000 * value / frames, 2) for name, value in seconds.items()}


def _words(found: dict[str, Any], rate: int) -> str:
    facts = summary(found)
    frame, heap, spent = facts["frame_ms"], facts["heap_bytes"], facts["cpu_ms_a_frame"]
    thirds = [heap[0], heap[len(heap) // 2], heap[-1]]
    return f"""Up to {rate:,} requests a second were sent for {facts["seconds"]} s; what a slow reader holds up is
not made up for. The store then held {facts["rows_written"]:,} rows, and the page said:
“{facts["footer"]}”.

| | |
|---|--:|
| frames a second | {facts["frames_per_second"]} |
| frame, p50 / p95 / p99 / longest | {frame["p50"]} / {frame["p95"]} / {frame["p99"]} / {frame["max"]} ms |
| frames over two of 60 Hz | {facts["late_frames"]:,} of {facts["frames"]:,} |
| the page's script a frame | {spent["script"]} ms |
| style and layout a frame | {spent["style_and_layout"]} ms |
| the browser's painting a frame: in the page's thread / in others, which render in software | {spent["painting"]} / {spent["other_threads"]} ms |
| tasks over 50 ms, and the longest | {facts["long_tasks"]}, {facts["longest_task_ms"]} ms |
| heap at the beginning, in the middle, at the end | {" / ".join(f"{size / 1e6:.0f}" for size in thirds)} MB |
| first row after opening the page | {facts["first_row_ms"]} ms |
| errors in the page | {len(facts["troubles"])} |
"""  # noqa: E501 (lines of a table)


@contextmanager
def _serving(rate: int, port: int) -> Iterator[str]:
    """NautScan on the stream, with a data folder that is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="nautscan-page-", dir="/tmp"))
    folder.chmod(0o777)
    generator = subprocess.Popen(
        [sys.executable, "-m", "bench.request_stream", str(rate)],
        stdout=subprocess.PIPE,
        cwd=HERE.parent,
    )
    command = [sys.executable, "-m", "nautscan", "serve", "--stdin"]
    command += ["--port", str(port), "--data-dir", str(folder / "data")]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdin=generator.stdout, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(server, log)
        yield ADDRESS.format(port=port)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        generator.terminate()
        generator.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        if "http://" in log.read_text(errors="replace"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nautscan did not start: {log.read_text(errors='replace')[-800:]}")


if __name__ == "__main__":
    sys.exit(main())
