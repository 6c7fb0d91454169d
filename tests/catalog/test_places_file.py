"""A file of newer places: every bad row is named with its reason, every change is told before it is stored."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.gazetteer import FACTS_FOLDER, Gazetteer, shipped
from app.catalog.places_file import FileCheck, UnreadablePlacesFile, check_places_file

HEADER = "code,province_code,name,valid_from,valid_to,decision,withdrawn"


def checked(folder: Path, *rows: str, header: str = HEADER, known: Gazetteer | None = None, encoding: str = "utf-8") -> FileCheck:
    file = folder / "places.csv"
    file.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return check_places_file(file, known or shipped())


def problems(outcome: FileCheck) -> list[tuple[int, str]]:
    return [(problem.line, problem.text) for problem in outcome.problems]


def test_the_shipped_facts_pass_their_own_check_and_change_nothing() -> None:
    outcome = check_places_file(FACTS_FOLDER / "units.csv", shipped())

    assert (outcome.rows, outcome.problems, outcome.changes) == (3368, (), ())


def test_the_shipped_facts_could_be_imported_from_nothing() -> None:
    outcome = check_places_file(FACTS_FOLDER / "units.csv", Gazetteer([]))

    assert outcome.problems == ()
    assert len(outcome.changes) == 3368


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x,42,Xã Mới,2027-01-01,,,", "code is 'x'"),
        ("0,42,Xã Mới,2027-01-01,,,", "code is '0'"),
        ("100000,42,Xã Mới,2027-01-01,,,", "code is '100000'"),
        ("18547,,Xã Mới,2027-01-01,,,", "a ward needs its province_code"),
        ("99001,100,Xã Mới,2027-01-01,,,", "province_code is '100'"),
        ("99001,42,,2027-01-01,,,", "name must have"),
        ("99001,42,Tỉnh Mới,2027-01-01,,,", "must begin with one of Xã, Phường, Đặc khu"),
        ("43,,Xã Mới,2027-01-01,,,", "must begin with one of Tỉnh, Thành phố"),
        ("99001,42,Xã Đắk song,2027-01-01,,,", "'song' lacks a capital"),
        ("99001,42,Xã \u00d0ức Mới,2027-01-01,,,", "U+00D0"),
        ("99001,42,Xã M0\u200bi,2027-01-01,,,", "U+200B"),
        ("99001,42,Xã " + "A" * 80 + ",2027-01-01,,,", "1 to 80 characters"),
        ("99001,42,Xã Mới,2027-02-30,,,", "valid_from is '2027-02-30'"),
        ("99001,42,Xã Mới,01.02.2027,,,", "valid_from is '01.02.2027'"),
        ("99001,42,Xã Mới,2020-01-01,,,", "not before 2025-07-01"),
        ("99001,42,Xã Mới,2027-01-01,2026-12-31,,", "valid_to 2026-12-31 is before valid_from 2027-01-01"),
        ("99001,42,Xã Mới,2027-01-01,soon,,", "valid_to is 'soon'"),
        ("99001,42,Xã Mới,2027-01-01,,,perhaps", "withdrawn is 'perhaps'"),
        ("99001,42,Xã Mới,2027-01-01,,,yes", "there is nothing to withdraw: no version of 99001 begins on 2027-01-01"),
        ("99001,42,Xã Mới,2027-01-01,,,,more", "more cells than columns"),
        ("99001,43,Xã Mới,2027-01-01,,,", "there is no province 43 on 2027-01-01"),
        ("99001,42,Xã Phúc Trạch,2027-01-01,,,", "Xã Phúc Trạch would be there twice on 2027-01-01: codes 18547 and 99001"),
    ],
)
def test_a_bad_row_is_named_with_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    outcome = checked(tmp_path, "18133,42,Phường Hương Sơn,2027-01-01,,,", row)

    assert {line for line, _ in problems(outcome)} == {3}
    assert reason in problems(outcome)[0][1]
    assert [change.line for change in outcome.changes] == [2]


def test_a_province_does_not_end_before_the_units_in_it(tmp_path: Path) -> None:
    outcome = checked(tmp_path, "42,,Tỉnh Hà Tĩnh,2025-07-01,2026-12-31,,")

    assert problems(outcome) == [(2, "69 units would be left without their province 42 on 2027-01-01")]


def test_the_same_version_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    outcome = checked(tmp_path, "99001,42,Xã Mới,2027-01-01,,,", "99001,42,Xã Khác,2027-01-01,,,")

    assert problems(outcome) == [(3, "the same code and valid_from as line 2")]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("24,,Thành phố Bắc Ninh,2026-09-21,,388,", "24 Thành phố Bắc Ninh from 2026-09-21: so far Thành phố Bắc Ninh by 39/2026/QH16"),
        ("42,,Thành phố Hà Tĩnh,2027-01-01,,x,", "42 Thành phố Hà Tĩnh from 2027-01-01: so far Tỉnh Hà Tĩnh by 19/2025/QĐ-TTg"),
        ("99001,42,Xã Mới,2027-01-01,,,", "99001 Xã Mới from 2027-01-01: a new xã"),
        (
            "18547,42,Xã Phúc Trạch,2025-07-01,2026-12-31,19/2025/QĐ-TTg,",
            "18547 Xã Phúc Trạch from 2025-07-01 to 2026-12-31: corrected, was Xã Phúc Trạch without an end",
        ),
        ("18547,44,Xã Phúc Trạch,2027-01-01,,19/2025/QĐ-TTg,", "18547 Xã Phúc Trạch from 2027-01-01: so far Xã Phúc Trạch in province 42"),
        ("18547,42,Xã Phúc Trạch,2025-07-01,,,yes", "18547 Xã Phúc Trạch from 2025-07-01: withdrawn"),
    ],
)
def test_every_change_is_told(tmp_path: Path, row: str, told: str) -> None:
    outcome = checked(tmp_path, row)

    assert (outcome.problems, [change.text for change in outcome.changes]) == ((), [told])


def test_spreadsheets_semicolons_bom_lost_zeros_and_spoken_days_are_understood(tmp_path: Path) -> None:
    header = "Code;Province_code;Name;Valid_from"
    outcome = checked(tmp_path, "4;1;Phường  Ba Đình Hoà;20/9/2026", ";;;", header=header, encoding="utf-8-sig")

    (change,) = outcome.changes
    assert (outcome.rows, outcome.problems) == (1, ())
    assert (change.version.code, change.version.province_code, change.version.name) == (4, 1, "Phường Ba Đình Hòa")
    assert change.version.valid_from == date(2026, 9, 20)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the first line must name the columns"),
        (b"code,name\n", "the first line must name the columns"),
        (b"code,name,valid_from,colour\n", "the first line must name the columns"),
        (b"code,name,valid_from,code\n", "the first line must name the columns"),
        ("code,name,valid_from\n1,Hà Nội,x".encode("utf-16"), "not UTF-8"),
        (b"\xff\xfe", "not UTF-8"),
        (b'code,name,valid_from\n1,"' + b"a" * 200_000, "field larger than field limit"),
        (b"code,name,valid_from\n" + b"1,Ha,x\n" * 20_001, "more than 20,000 rows"),
        (b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "places.csv"
    file.write_bytes(content)

    with pytest.raises(UnreadablePlacesFile, match=reason):
        check_places_file(file, shipped())


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePlacesFile, match="cannot be read"):
        check_places_file(tmp_path / "nothing.csv", shipped())


@given(content=st.one_of(st.binary(max_size=200), st.lists(st.text(max_size=30), max_size=8).map(lambda cells: ",".join(cells).encode())))
def test_whatever_a_file_holds_is_refused_or_named(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any-places.csv"
    file.write_bytes(HEADER.encode() + b"\n" + content)

    try:
        outcome = check_places_file(file, shipped())
    except UnreadablePlacesFile:
        return
    assert len({problem.line for problem in outcome.problems}) + len(outcome.changes) <= outcome.rows
