"""The colours of app/web/static/css/tokens.css: readable in both themes, and the dark values written twice stay one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS_DIR = Path(__file__).resolve().parents[2] / "app" / "web" / "static" / "css"

AA_TEXT = 4.5
AAA_TEXT = 7.0
AA_SHAPE = 3.0

# (what stands in front, what is behind it, least ratio)
PAIRS = [
    *[(text, ground, AA_TEXT) for text in ("ink", "ink-soft", "ink-faint") for ground in ("paper", "surface", "sunk")],
    *[("leaf-ink", ground, AA_TEXT) for ground in ("paper", "surface", "leaf-soft")],
    *[("red-ink", ground, AA_TEXT) for ground in ("paper", "surface", "red-soft")],
    *[("amber-ink", ground, AAA_TEXT) for ground in ("surface", "amber-soft")],
    ("ink", "surface", AAA_TEXT),
    ("on-leaf", "leaf", AA_TEXT),
    ("on-leaf", "leaf-hover", AA_TEXT),
    ("on-amber", "amber", AAA_TEXT),
    ("on-red", "red", AA_TEXT),
    ("on-red", "red-hover", AA_TEXT),
    *[(shape, ground, AA_SHAPE) for shape in ("line-strong", "focus", "leaf", "red") for ground in ("paper", "surface", "sunk")],
    *[(f"curve-{number}", "surface", AA_SHAPE) for number in range(1, 5)],
]


def declarations(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", block))


def blocks() -> dict[str, list[dict[str, str]]]:
    text = re.sub(r"/\*.*?\*/", "", (CSS_DIR / "tokens.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    found: dict[str, list[dict[str, str]]] = {}
    for selector, block in re.findall(r"(:root[^{]*)\{([^}]*)\}", text):
        found.setdefault(selector.strip(), []).append(declarations(block))
    return found


def theme(name: str) -> dict[str, str]:
    found = blocks()
    light = found[":root"][0]
    return light if name == "light" else light | found[':root[data-theme="dark"]'][0]


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_counted_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_pair_of_text_and_ground_is_readable(name: str) -> None:
    colours = theme(name)

    ratios = {(front, back): (contrast(colours[front], colours[back]), least) for front, back, least in PAIRS}

    assert {pair: ratio for pair, (ratio, least) in ratios.items() if ratio < least} == {}


def test_dark_values_are_the_same_for_the_system_and_for_a_persons_choice() -> None:
    found = blocks()

    assert found[':root:not([data-theme="light"])'][0] == found[':root[data-theme="dark"]'][0]


def test_style_sheets_use_only_tokens_that_exist() -> None:
    known = {name for same in blocks().values() for block in same for name in block}

    used = {name for sheet in CSS_DIR.glob("*.css") for name in re.findall(r"var\(--([a-z0-9-]+)", sheet.read_text(encoding="utf-8"))}

    assert used - known == set()


def test_colours_are_named_only_in_the_tokens() -> None:
    for sheet in set(CSS_DIR.glob("*.css")) - {CSS_DIR / "tokens.css"}:
        text = sheet.read_text(encoding="utf-8")
        colours = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text))
        # A mask needs an opaque colour; which one does not matter.
        assert colours <= {"#000"}, sheet.name


def test_reduced_motion_switches_every_duration_off() -> None:
    text = (CSS_DIR / "tokens.css").read_text(encoding="utf-8")
    durations = {name for name, value in theme("light").items() if value.endswith("ms")}
    everywhere = {name for same in blocks().values() for block in same for name, value in block.items() if value == "0ms"}
    named = set(re.findall(r"--(motion[a-z-]*):", text))

    assert named == everywhere | durations
    assert "prefers-reduced-motion: reduce" in (CSS_DIR / "base.css").read_text(encoding="utf-8")
