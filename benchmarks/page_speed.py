"""The page of a model in a headless Chromium: its size, the time to the first translation, speed, memory, fidelity.

    python -m benchmarks.page_speed MODEL [--lines FILE] [--count 300] [--json]

Writes the page with `attn-mt translate --page`, opens it from the file, and translates ten different sentences of ten
words, greedily and with a beam of 5; their median counts. Memory is that of the tab's process, resident, with what it
shares with other processes, after these translations; and its peak. With --lines, the first lines of FILE are
translated with a beam of 5, by the page and by `attn-mt translate --engine numpy`, and those that are equal are
counted. Needs selenium, chromium and chromedriver; memory is read from Linux' /proc.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TEN_WORDS = [f"The old man who lives {where} never {does} to us." for where in ("here", "there") for does in
             ("talks", "speaks", "writes", "listens", "sings")]  # fmt: skip
FIRST = "Where can I buy a train ticket?"
# Translates lines, and returns the best translation of each and the milliseconds that the worker took.
TRANSLATE = """
const [lines, beamSize, done] = arguments, found = [];
const before = { ...ANSWERS };
ANSWERS.line = ({ index, best }) => { found[index] = best[0].text; };
ANSWERS.done = ({ milliseconds }) => { Object.assign(ANSWERS, before); done([found, milliseconds]); };
worker.postMessage({ kind: "translate", id: ++asked, lines, config: { beamSize, nBest: 1, lengthPenalty: 1 } });
"""
# Waits for the translation of a text that is put into the field at once, as soon as the page can show it.
FIRST_TRANSLATION = """
const [text, done] = arguments;
part("source").value = text;
const look = () => document.querySelector(".translated")?.textContent ? done() : setTimeout(look, 5);
look();
"""


def browser() -> Any:
    """Return a headless Chromium."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    options.page_load_strategy = "none"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(executable_path=str(shutil.which("chromedriver"))))
    driver.set_script_timeout(3600)
    return driver


def memory(driver: Any) -> tuple[float, float]:
    """Return the resident memory (MB) of the largest renderer that the driver has started, and its peak."""
    family, found = {driver.service.process.pid}, []
    processes = sorted(
        (path for path in Path("/proc").iterdir() if path.name.isdigit()), key=lambda path: int(path.name)
    )
    for path in processes:
        try:
            status = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
            command = (path / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if int(status["PPid"]) in family:
            family.add(int(path.name))
            if b"--type=renderer" in command:
                resident, peak = (int(status[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))
                found.append((resident, peak))
    return max(found)


def measure(page: Path, lines: list[str]) -> tuple[dict[str, float], list[str]]:
    """Return the figures of a page, and its translations of `lines`."""
    driver = browser()
    try:
        begin = time.perf_counter()
        driver.get(page.as_uri())
        while not driver.execute_script("return typeof ANSWERS !== 'undefined'"):
            time.sleep(0.005)
        driver.execute_async_script(FIRST_TRANSLATION, FIRST)
        first = time.perf_counter() - begin
        seconds = {
            size: statistics.median(
                driver.execute_async_script(TRANSLATE, [sentence], size)[1] / 1000 for sentence in TEN_WORDS
            )
            for size in (1, 5)
        }
        resident, peak = memory(driver)
        found = driver.execute_async_script(TRANSLATE, lines, 5)[0] if lines else []
    finally:
        driver.quit()
    figures = {
        "file, MB": page.stat().st_size / 1e6,
        "from opening to the first translation, s": first,
        "ten words, greedy, s": seconds[1],
        "ten words, beam 5, s": seconds[5],
        "memory of the tab, MB": resident,
        "at its peak, MB": peak,
    }
    return figures, found


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Measure the page of a model in a headless browser.")
    parser.add_argument("model", help="a name or a folder")
    parser.add_argument("--lines", type=Path, help="text to compare the translations of")
    parser.add_argument("--count", type=int, default=300, help="lines of it")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    lines = options.lines.read_text(encoding="utf-8").split("\n")[: options.count] if options.lines else []
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        command = [sys.executable, "-m", "attn_cli", "translate", "-q", "-m", options.model]
        subprocess.run([*command, "--page", str(page)], check=True)
        figures, found = measure(page, lines)
    if lines:
        text = "".join(f"{line}\n" for line in lines)
        done = subprocess.run([*command, "--engine", "numpy"], input=text, capture_output=True, text=True, check=True)
        expected = done.stdout.split("\n")[: len(lines)]
        pairs = list(zip(lines, found, expected, strict=True))
        figures[f"equal to the program, % of {len(lines)} lines"] = 100 * statistics.mean(p[1] == p[2] for p in pairs)
        for line, one, other in pairs:
            if one != other:
                print(f"{line}\n  page    {one}\n  program {other}", file=sys.stderr)
    rounded = {name: round(value, 2) for name, value in figures.items()}
    print(json.dumps(rounded) if options.json else "\n".join(f"{name:45} {value:8}" for name, value in rounded.items()))


if __name__ == "__main__":
    main()
