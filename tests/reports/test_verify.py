"""The verifier believes nothing: whatever is altered in an export is refused in one line, and its arithmetic is the service's."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ledger.chain import body_of
from app.ledger.fold import fold
from app.reports import statement, verify
from app.reports.export import VERIFIER
from app.reports.ladder import RevenueLadder
from app.settings import PROJECT_ROOT
from tests.reports.exports import Export, export_of, folded, ledger_text, random_ledger, run_verifier, signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SEEDS = st.integers(min_value=0, max_value=2**32)
ALTERATIONS_PER_FILE = 60


@pytest.fixture
async def export() -> Export:
    return await export_of(random_ledger(1), KEY)


def with_other_digit(text: str, place: int, chance: random.Random) -> str:
    digits = "0123456789abcdef" if text[place] in "abcdef" else "0123456789"
    return text[:place] + chance.choice(digits.replace(text[place], "")) + text[place + 1 :]


def test_the_verifier_is_one_short_file_of_the_standard_library() -> None:
    source = VERIFIER.read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])

    assert imported <= sys.stdlib_module_names
    assert len(source.splitlines()) <= 300


async def test_an_export_fits(export: Export, tmp_path: Path) -> None:
    code, said = export.verdict(tmp_path)

    assert code == 0
    assert said.startswith("OK: ")
    assert KEY.public_key().public_bytes_raw().hex() in said


@pytest.mark.parametrize("name", ["statement.json", "statement.sig", "ledger.txt"])
async def test_one_altered_digit_is_refused_in_one_line(export: Export, tmp_path: Path, name: str) -> None:
    chance = random.Random(name)  # noqa: S311 - the same places in every run
    files = {key: content.decode() for key, content in export.files().items()}
    hexadecimal = "abcdef" if name == "statement.sig" else ""
    places = [place for place, char in enumerate(files[name]) if char.isdigit() or char in hexadecimal]
    export.verdict(tmp_path)

    for place in chance.sample(places, min(ALTERATIONS_PER_FILE, len(places))):
        (tmp_path / name).write_text(with_other_digit(files[name], place, chance))
        code, said = run_verifier(str(tmp_path))
        assert (code, said.count("\n")) == (1, 1), (place, said)
        assert said.startswith("DOES NOT FIT: ")


async def test_a_missing_swapped_repeated_or_appended_line_is_refused(export: Export, tmp_path: Path) -> None:
    lines = export.ledger.splitlines(keepends=True)
    longer = ledger_text([*random_ledger(1), replace(random_ledger(1)[0], seq=len(lines) + 1, kind="delivered")])
    altered = {
        "appended, rightly chained": longer,
        "appended without line end": export.ledger + longer.splitlines()[-1],
        "appended word": export.ledger + "0",
        "appended empty line": export.ledger + "\n",
        "no line end": export.ledger[:-1],
        "nothing": "",
        "repeated first": lines[0] + export.ledger,
    }
    for place in range(len(lines)):
        altered[f"missing {place}"] = "".join(lines[:place] + lines[place + 1 :])
        altered[f"repeated {place}"] = "".join(lines[: place + 1] + lines[place:])
    for place in range(len(lines) - 1):
        altered[f"swapped {place}"] = "".join([*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]])

    for what, ledger in altered.items():
        export.ledger = ledger
        code, said = export.verdict(tmp_path)
        assert (code, said.count("\n")) == (1, 1), (what, said)


async def test_a_whole_ledger_chained_anew_is_refused_without_the_key_of_the_statement(export: Export, tmp_path: Path) -> None:
    dearer = [
        replace(entry, lines=tuple(replace(line, unit_price_vnd=line.unit_price_vnd + 1) for line in entry.lines))
        for entry in random_ledger(1)
    ]

    export.ledger = ledger_text(dearer)

    assert export.verdict(tmp_path)[0] == 1


async def test_another_key_is_shown_and_refused_when_the_right_one_is_known(tmp_path: Path) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    export = await export_of(random_ledger(2), stranger)
    ours = KEY.public_key().public_bytes_raw().hex()

    unknown, known = export.verdict(tmp_path), run_verifier(str(tmp_path), "--key", ours)

    assert unknown[0] == 0
    assert stranger.public_key().public_bytes_raw().hex() in unknown[1]
    assert known[0] == 1
    assert "not by the key you gave" in known[1]
    assert run_verifier("--key", stranger.public_key().public_bytes_raw().hex(), str(tmp_path))[0] == 0


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("figures", "totals", "revenue_placed_vnd"), "totals.revenue_placed_vnd"),
        (("figures", "ladder_vnd", "net"), "ladder_vnd.net"),
        (("figures", "buyers"), "buyers"),
        (("last_seq",), "covers entries up to"),
    ],
)
async def test_a_statement_signed_over_wrong_figures_is_refused_by_name(
    export: Export, tmp_path: Path, path: tuple[str, ...], said: str
) -> None:
    content: dict[str, Any] = json.loads(export.statement)
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] += 1

    dishonest = signed(json.dumps(content), export.ledger, KEY)

    code, line = dishonest.verdict(tmp_path)
    assert (code, line.count("\n")) == (1, 1)
    assert said in line


async def test_an_invented_figure_or_a_line_break_in_its_name_is_refused_in_one_line(export: Export, tmp_path: Path) -> None:
    content = json.loads(export.statement)
    content["figures"]["totals"]["gifts\nOK: all is well"] = 5

    code, said = signed(json.dumps(content), export.ledger, KEY).verdict(tmp_path)

    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("DOES NOT FIT: ")


async def test_what_is_no_export_ends_with_two(export: Export, tmp_path: Path) -> None:
    packed = export.zip_bytes()
    broken = bytearray(packed)
    broken[60:70] = b"\xff" * 10
    made = {
        "empty.zip": b"",
        "text.zip": b"this is no archive",
        "cut.zip": packed[: len(packed) // 2],
        "broken.zip": bytes(broken),
        "no-ledger.zip": Export(export.statement, export.signature, "", {}).zip_bytes().replace(b"ledger.txt", b"ledgen.txt"),
        "no-hex.zip": Export(export.statement, "not hex\n", export.ledger).zip_bytes(),
        "no-text.zip": Export(export.statement, export.signature, export.ledger, {"ledger.txt": b"\xff\xfe"}).zip_bytes(),
        "no-json.zip": signed("{", export.ledger, KEY).zip_bytes(),
        "list.zip": signed("[]", export.ledger, KEY).zip_bytes(),
        "deep.zip": signed("[" * 100_000, export.ledger, KEY).zip_bytes(),
        "no-figures.zip": signed(json.dumps(json.loads(export.statement) | {"figures": None}), export.ledger, KEY).zip_bytes(),
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()

    verdicts = {name: run_verifier(str(tmp_path / name)) for name in (*made, "folder", "missing")}

    # figures that are not there differ from the ledger's; everything else cannot even be read
    assert {name for name, (code, _) in verdicts.items() if code != 2} == {"no-figures.zip"}
    assert all(said.count("\n") == 1 for _, said in verdicts.values())


def test_a_file_twice_in_the_archive_is_refused(tmp_path: Path) -> None:
    program = (
        "import sys, warnings, zipfile\n"
        "warnings.simplefilter('ignore')\n"
        "with zipfile.ZipFile(sys.argv[1], 'w') as archive:\n"
        "    archive.writestr('ledger.txt', 'shown to people')\n"
        "    archive.writestr('ledger.txt', 'shown to the verifier')\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "twice.zip")], check=True)

    assert run_verifier(str(tmp_path / "twice.zip")) == (1, "DOES NOT FIT: a file is in the archive twice\n")


@pytest.mark.parametrize("arguments", [["--key"], ["--key", "no hex"], ["a", "b"], ["--other"]])
def test_arguments_that_make_no_sense_end_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verify.main(arguments)

    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


async def test_ocop_verify_says_the_same_with_the_same_exit_code(export: Export, tmp_path: Path) -> None:
    good, bad, none = tmp_path / "good.zip", tmp_path / "bad.zip", tmp_path / "none.zip"
    good.write_bytes(export.zip_bytes())
    export.ledger = export.ledger.replace('"quantity":1', '"quantity":2', 1)
    bad.write_bytes(export.zip_bytes())
    none.write_bytes(b"")

    def ocop(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "verify", *arguments], capture_output=True, text=True, cwd=PROJECT_ROOT, check=False
        )
        return done.returncode, done.stdout

    key = KEY.public_key().public_bytes_raw().hex()
    assert ocop(str(good), "--key", key) == run_verifier(str(good), "--key", key)
    assert ocop(str(bad)) == run_verifier(str(bad))
    assert ocop(str(none)) == run_verifier(str(none))
    assert [run_verifier(str(path))[0] for path in (good, bad, none)] == [0, 1, 2]


@given(SEEDS)
@settings(max_examples=60, deadline=None)
async def test_every_course_of_orders_gives_the_same_sums_everywhere(seed: int) -> None:
    entries = random_ledger(seed)

    by_verifier = verify.figures_of([json.loads(body_of(entry)) for entry in entries])

    ladder, steps = fold(entries), RevenueLadder()
    for entry in entries:
        steps.add(entry)
    assert Counter(by_verifier["totals"]) == ladder.totals
    assert by_verifier["buyers"] == len(ladder.buyers)
    assert Counter(by_verifier["taken"]) == ladder.taken
    assert {key: Counter(value) for key, value in by_verifier["products"].items()} == ladder.products
    assert {key: Counter(value) for key, value in by_verifier["producers"].items()} == ladder.producers
    assert by_verifier["ladder_vnd"] == {step.name: step.amount_vnd for step in steps.steps()}
    assert by_verifier["ladder_shipping_vnd"] == {step.name: step.shipping_vnd for step in steps.steps()}
    assert by_verifier["ladder_vnd"]["net"] == steps.net_vnd()
    assert verify.first_difference(statement._figures(await folded(entries)), by_verifier) is None


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 511), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ed25519_agrees_with_the_library(seed: bytes, message: bytes, bit: int, flip_in_key: bool) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    flipped = (int.from_bytes(signature, "little") ^ (1 << bit)).to_bytes(64, "little")
    flipped_key = (int.from_bytes(public, "little") ^ (1 << bit % 255)).to_bytes(32, "little")

    assert verify.signature_fits(public, message, signature)
    assert verify.signature_fits(public, message, flipped) == library_accepts(public, message, flipped) is False
    if flip_in_key:
        assert verify.signature_fits(flipped_key, message, signature) == library_accepts(flipped_key, message, signature) is False
    assert not verify.signature_fits(public, message + b"0", signature)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=50))
@settings(max_examples=30, deadline=None)
def test_a_signature_has_one_spelling(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    larger_s = signature[:32] + (int.from_bytes(signature[32:], "little") + verify.L).to_bytes(32, "little")

    assert not verify.signature_fits(public, message, larger_s)
    assert not library_accepts(public, message, larger_s)
    for wrong in (b"", signature[:63], signature + b"\0", signature[:32], bytes(64)):
        assert not verify.signature_fits(public, message, wrong)
    assert not verify.signature_fits(public[:31], message, signature)


@pytest.mark.parametrize("y", [verify.P, verify.P + 1, 2**255 - 1])
def test_points_have_one_spelling(y: int) -> None:
    assert verify.point_from(y.to_bytes(32, "little")) is None
    assert verify.point_from((1 | 1 << 255).to_bytes(32, "little")) is None


def library_accepts(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
