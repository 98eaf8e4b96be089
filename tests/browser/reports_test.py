#!/usr/bin/env python3
"""Real reports of every kind, read in Chromium as a telephone, a small screen and a large one show them, light and dark.

Usage: reports_test.py CLM [--keep DIR] [--page KIND=FILE]...
CLM is the built program: a simulated market, a cycle of four model types, a replay and a walk-forward are made with it.
--keep leaves the pages and their screenshots in DIR; with --page, pages at hand are looked at instead. Exits 1 with one
line per finding; a tool that is missing is an error, never a pass.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from chromium import BrowserError, Chromium

WIDTHS = (360, 800, 1400)
SCREEN_HEIGHT = 800
SCHEMES = ("light", "dark")
LIMITS = {"font": 10, "largest": 21, "contrast": 4.5}
# Of the folded page on a telephone, in screens. The overview is of a cycle of four types, the evaluation of two.
MOST_SCREENS = {"overview": 12, "cycle": 12, "version": 12, "evaluation": 12}

SMALL = {"CLM_FEATURES_SET": "classic22", "CLM_XGBOOST_ROUNDS": "10", "CLM_LIGHTGBM_ROUNDS": "10",
         "CLM_PATCHTST_LAYERS": "1", "CLM_POLICY_MODE": "logging_only"}
for network in ("NHITS", "PATCHTST"):
    SMALL.update({f"CLM_{network}_INPUT_BARS": "32", f"CLM_{network}_HIDDEN": "16", f"CLM_{network}_EPOCHS": "1"})


class Program:
    def __init__(self, clm, workspace):
        self.clm, self.workspace = clm, workspace

    def __call__(self, *arguments, **settings):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("CLM_", "QT_CLM_"))} | SMALL | settings
        done = subprocess.run([self.clm, *arguments, "--workspace", str(self.workspace), "--json"], env=environment,
                              capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            sys.exit(f"clm {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def make_pages(clm, place):
    """{kind: file} of every kind of page; a version that the policy refused is active because a person said so."""
    run = Program(clm, place / "market")
    run("init")
    run("simulate", "--symbols", "9", "--bars", "1500", "--signal", "0.15", "--seed", "3")
    cycle = run("cycle")
    kinds = {result["model_type"]: result["version"] for result in cycle["results"]}
    for version in kinds.values():
        if version:
            run("promote", version, "--reason", "it is to be seen on the page, whatever the policy said of it")
    run("cycle")  # of what is active now an ensemble is made
    trees = {"CLM_TRAINING_MODELS": "lightgbm,xgboost"}
    run("evaluate", "--from", "2024-02-05", "--to", "2024-02-25", **trees)
    run("replay", "--from", "2024-02-20", "--to", "2024-02-23", "--policy", "periodic,static", **trees)
    few = Program(clm, place / "few")
    few("init")
    few("simulate", "--symbols", "2", "--bars", "1500", "--signal", "0.15", "--seed", "3")
    few("cycle", CLM_LABEL_TARGET="plain", **trees)
    pages = {"overview": run("report", "--explain-rows", "500"),
             "cycle": run("report", "--cycle", "1", "--explain-rows", "500"),
             "version": run("report", "--version", kinds["lightgbm"], "--explain-rows", "500"),
             "evaluation": run("report", "--evaluation", "latest"),
             "replay": run("report", "--replay", "latest"),
             "dataset": run("report", "--data"),
             "overview of two symbols": few("report", "--explain-rows", "0")}
    return {kind: pathlib.Path(page["file"]) for kind, page in pages.items()}


def happenings(events, page):
    """What a page must not do: complain, or ask for anything but itself."""
    for event in events:
        what = event["method"]
        if what == "Network.requestWillBeSent" and event["params"]["request"]["url"].split("#")[0] != page:
            yield "it asks for " + event["params"]["request"]["url"][:100]
        if what == "Runtime.exceptionThrown":
            yield "script: " + event["params"]["exceptionDetails"].get("exception", {}).get("description", "")[:200]
        if what == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "warning", "assert"):
            yield "console: " + str(event["params"]["args"])[:200]
        if what == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"):
            yield "log: " + event["params"]["entry"]["text"][:200]


def look(browser, kind, file, keep):
    look_around = (pathlib.Path(__file__).parent / "page_findings.js").read_text()
    findings = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            where = f"{kind} at {width} px, {scheme}"
            url = file.resolve().as_uri()
            findings += [f"{where}: {what}" for what in happenings(browser.open(url, width, SCREEN_HEIGHT, scheme), url)]
            folded = browser.evaluate(f"{look_around}({json.dumps(LIMITS)})")
            screens = folded["height"] / SCREEN_HEIGHT
            if keep:
                browser.screenshot(keep / f"{kind}-{width}-{scheme}.png")
            most = MOST_SCREENS.get(kind.split()[0])
            if width == WIDTHS[0] and most and screens > most:
                findings.append(f"{where}: {screens:.1f} screens high, at most {most} allowed")
            browser.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            unfolded = browser.evaluate(f"{look_around}({json.dumps(LIMITS)})")
            if keep:
                browser.screenshot(keep / f"{kind}-{width}-{scheme}-unfolded.png")
            if unfolded["texts"] < 20 and kind != "dataset":
                findings.append(f"{where}: only {unfolded['texts']} texts are seen; the page or this test is broken")
            for state, seen in (("folded", folded), ("unfolded", unfolded)):
                findings += [f"{where}, {state}: {what}" for what in seen["findings"]]
            if scheme == "light":
                print(f"{where}: {screens:.1f} screens folded, {unfolded['height'] / SCREEN_HEIGHT:.1f} unfolded, "
                      f"{unfolded['texts']} texts", flush=True)
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clm")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--page", action="append", default=[])
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clm-pages-") as place:
        place = arguments.keep or pathlib.Path(place)
        pages = ({kind: pathlib.Path(file) for kind, file in (page.split("=", 1) for page in arguments.page)} or
                 make_pages(str(pathlib.Path(arguments.clm).resolve()), place))
        findings = []
        try:
            with Chromium() as browser:
                for kind, file in pages.items():
                    findings += look(browser, kind, file, arguments.keep)
        except BrowserError as error:
            sys.exit(f"browser: {error}")
    for finding in findings:
        print(finding)
    print(f"{len(pages)} pages, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
