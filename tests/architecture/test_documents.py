"""What the documents promise exists: settings, packages, commands, files, links, pictures."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.cli import cli
from app.settings import PROJECT_ROOT
from tests.architecture.settings_table import settings_of, with_table

README = PROJECT_ROOT / "README.md"
ARCHITECTURE = PROJECT_ROOT / "docs" / "architecture.md"
DOCUMENTS = sorted([README, PROJECT_ROOT / "CHANGELOG.md", PROJECT_ROOT / "CONTRIBUTING.md", *(PROJECT_ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Names of files in running text: a path below one of our folders, or a file of the package that is being talked about.
NAMED_FILE = re.compile(r"`((?:app|tests|docs|migrations|benchmarks)/[\w./-]*\w)`")


def the_packages() -> list[str]:
    return sorted(path.parent.name for path in (PROJECT_ROOT / "app").glob("*/__init__.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT))


def test_the_readme_lists_every_setting_as_it_is() -> None:
    text = README.read_text(encoding="utf-8")

    assert [name for name, field in settings_of() if not field.description] == []
    assert with_table(text) == text, "stale: run `.venv/bin/python -m tests.architecture.settings_table`"


@pytest.mark.parametrize("document", [README, ARCHITECTURE], ids=shown)
def test_every_package_is_on_the_map(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    assert len(the_packages()) > 10
    assert [name for name in the_packages() if f"app/{name}" not in text] == []


def test_every_file_that_the_readme_shows_a_newcomer_exists() -> None:
    """In the map, files stand behind their package; in the walk through an order, with their path."""
    text = README.read_text(encoding="utf-8")
    missing = []
    for row in re.findall(r"^\| `(app/\w+)` \|(.*)$", text, flags=re.MULTILINE):
        package, cells = row
        missing += [f"{package}/{name}" for name in re.findall(r"`([\w/]+\.\w+)`", cells) if not (PROJECT_ROOT / package / name).exists()]

    assert re.search(r"^\| `app/orders` \|", text, flags=re.MULTILINE)
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_file_named_in_a_document_exists(document: Path) -> None:
    named = NAMED_FILE.findall(document.read_text(encoding="utf-8"))

    assert [name for name in named if not (PROJECT_ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_link_leads_to_something(document: Path) -> None:
    broken = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        aim = (document.parent / path).resolve() if path else document
        if not aim.exists() or (anchor and anchor not in _anchors(aim)):
            broken.append(target)

    assert broken == []


def _anchors(document: Path) -> set[str]:
    """The anchors that hosts of Markdown make from headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_command_named_in_a_document_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, flags=re.MULTILINE))
    commands = {each.name or (each.callback.__name__.replace("_", "-") if each.callback else "") for each in cli.registered_commands}
    commands |= {group.name or "" for group in cli.registered_groups}
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *itertools.chain(*re.findall(r"```(?:\w*)\n(.*?)()```", text, flags=re.DOTALL))])
    named_targets = set(re.findall(r"\bmake ([a-z][a-z-]*)", code))
    named_commands = set(re.findall(r"(?:^|/|\s|`)ocop ([a-z][a-z-]*)", code))

    assert named_targets - targets == set()
    assert named_commands - commands == set()


def test_decisions_are_numbered_without_gaps_and_have_their_four_parts() -> None:
    pages = sorted((PROJECT_ROOT / "docs" / "adr").glob("*.md"))

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert [part for part in ("Context", "Decision", "Consequences", "Rejected") if f"**{part}.**" not in text] == [], page.name
        assert len(text.split()) < 450, f"{page.name} is longer than a page"


def test_the_architecture_fits_on_two_pages() -> None:
    assert len(ARCHITECTURE.read_text(encoding="utf-8").split()) < 1_200
