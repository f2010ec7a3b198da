"""Several drawn boards in one HTML file: the fonts once, a page at a time, no request."""

from __future__ import annotations

import html
import json
import re

FONT = re.compile(r"@font-face\s*\{[^}]*\}")
FONTS_MARK = "/*solar-fonts*/"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; img-src data:">
<title>Solar</title>
<style>
body { margin: 0; background: #fff; color: #222;
  font-family: "Inter Variable", Inter, system-ui, sans-serif; }
nav { display: flex; flex-wrap: wrap; gap: 4px; padding: 12px 24px; position: sticky; top: 0;
  background: #fff; border-bottom: 1px solid #e3e5e8; }
button { font: inherit; font-size: 14px; padding: 6px 12px; border: 0; border-radius: 6px;
  background: none; color: #444; cursor: pointer; }
button:hover { background: #f1f2f4; }
button[aria-selected="true"] { background: #fbf0d5; color: #6b4a00; font-weight: 600; }
button:focus-visible { outline: 2px solid #3f6fb0; }
main { max-width: 1240px; margin: 0 auto; }
iframe { display: block; width: 100%; border: 0; min-height: 600px; }
</style>
</head>
<body>
<nav role="tablist" aria-label="Pages">BUTTONS</nav>
<main id="board" role="tabpanel"><noscript>This page needs JavaScript.</noscript></main>
<script id="fonts" type="application/json">FONTS</script>
<script id="pages" type="application/json">PAGES</script>
<script>
"use strict";
const read = id => JSON.parse(document.getElementById(id).textContent);
const fonts = read("fonts"), pages = read("pages");
const buttons = [...document.querySelectorAll("button")], main = document.getElementById("board");
function show(number) {
  const frame = document.createElement("iframe");
  frame.scrolling = "no";
  frame.title = buttons[number].textContent;
  const fit = () => {
    const page = frame.contentDocument;
    if (page && page.body) { frame.style.height = page.body.scrollHeight + "px"; }
  };
  frame.addEventListener("load", () => {
    fit();
    new ResizeObserver(fit).observe(frame.contentDocument.body);
    document.documentElement.dataset.shown = String(number);
  });
  frame.srcdoc = pages[number].replace("MARK", () => fonts);
  main.replaceChildren(frame);
  buttons.forEach((button, one) => button.setAttribute("aria-selected", String(one === number)));
}
buttons.forEach((button, number) => button.addEventListener("click", () => {
  location.hash = String(number);
}));
const wanted = () => Math.min(Math.max(parseInt(location.hash.slice(1), 10) || 0, 0),
  pages.length - 1);
window.addEventListener("hashchange", () => show(wanted()));
show(wanted());
</script>
</body>
</html>
"""


def compose(boards: list[tuple[str, str]]) -> str:
    """Return one self-contained HTML file.

    Args:
        boards: Title and HTML of each board, as dbt-charts writes it.

    Returns:
        The file's text. Each board carries the same half megabyte of fonts; it is kept once.
    """
    fonts = list(dict.fromkeys(font for _, board in boards for font in FONT.findall(board)))
    pages = [_without_fonts(board) for _, board in boards]
    buttons = "".join(
        f'<button role="tab" aria-selected="false">{html.escape(title)}</button>'
        for title, _ in boards
    )
    parts = {
        "BUTTONS": buttons,
        "FONTS": _json("".join(fonts)),
        "PAGES": _json(pages),
        "MARK": FONTS_MARK,
    }
    return re.sub("|".join(parts), lambda match: parts[match[0]], PAGE)


def _without_fonts(board: str) -> str:
    first = FONT.search(board)
    if first is None:
        return board
    head = FONT.sub("", board[: first.start()])
    return head + FONTS_MARK + FONT.sub("", board[first.start() :])


def _json(value: object) -> str:
    """Return JSON that can stand inside a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
