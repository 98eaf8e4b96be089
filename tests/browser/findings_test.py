#!/usr/bin/env python3
"""What the look at a page must find: pages with one planted defect each, and one without any."""
import json
import pathlib
import sys
import tempfile

from chromium import BrowserError, Chromium
from reports_test import LIMITS, happenings

SOUND = "<p>All is well here, and this text is long enough to be broken into lines on a telephone of 360 pixels.</p>"
DRAWING = "<svg class='plot' viewBox='0 0 330 60' style='width:100%'>{}</svg>"
PLANTED = {
    "px wide on a screen": "<div style='width:500px'>wide</div>",
    "outside of the screen": "<div style='overflow-x:auto'><div style='width:900px;text-align:right'>far</div></div>",
    "text of 9.0 px": "<p style='font-size:9px'>small</p>",
    "text of 32.0 px": "<p style='font-size:32px'>large</p>",
    "text of 6.": DRAWING.replace("330", "600").format("<text x='9' y='20' font-size='12'>shrunk</text>"),
    "text cut off": "<div style='width:60px;overflow:hidden;white-space:nowrap'>first letters and last ones</div>",
    "cut off": DRAWING.format("<text x='-30' y='20' font-size='12'>loses its first letter</text>"),
    "texts on each other": DRAWING.format("<text x='9' y='20' font-size='12'>one</text><text x='12' y='22' font-size='12'>two</text>"),
    "contrast of": "<p style='color:#999'>pale</p>",
    "a word broken": "<p style='width:40px;overflow-wrap:anywhere'>reversibility</p>",
    "it asks for": "<img src='http://example.invalid/x.png' alt=''>",
    "console:": "<script>console.error('no')</script>",
    "script:": "<script>nothing.there</script>",
}


def look_at(browser, body, directory):
    file = pathlib.Path(directory) / "page.html"
    file.write_text("<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
                    f"<body style='margin:8px;font:16px sans-serif'>{body}")
    url = file.resolve().as_uri()
    seen = list(happenings(browser.open(url, 360, 800, "light"), url))
    script = (pathlib.Path(__file__).parent / "page_findings.js").read_text()
    return seen + browser.evaluate(f"{script}({json.dumps(LIMITS)})")["findings"]


def main():
    failures = []
    try:
        with tempfile.TemporaryDirectory() as directory, Chromium() as browser:
            if found := look_at(browser, SOUND, directory):
                failures.append(f"a sound page: {found}")
            for expected, body in PLANTED.items():
                found = look_at(browser, SOUND + body, directory)
                if not any(expected in one for one in found):
                    failures.append(f"'{expected}' was not found, but {found}")
    except BrowserError as error:
        sys.exit(f"browser: {error}")
    print("\n".join(failures) or f"{len(PLANTED)} planted defects, all found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
