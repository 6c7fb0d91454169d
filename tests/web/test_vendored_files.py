"""The vendored browser libraries are byte for byte what their list says, and load without a bundler."""

from __future__ import annotations

import io
import json
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from app.web.vendoring import (
    VENDOR_DIR,
    VendoredFile,
    VendoredPackage,
    VendoringFailed,
    extract_files,
    load_import_map,
    load_list,
    main,
    verify,
)

HLS_MAX_BYTES = 400 * 1024
FREE_LICENCES = {"MIT", "Apache-2.0", "OFL-1.1"}


@pytest.fixture
def copied_folder(tmp_path: Path) -> Path:
    return shutil.copytree(VENDOR_DIR, tmp_path / "vendor")


def a_package(*files: VendoredFile) -> VendoredPackage:
    return VendoredPackage(name="leaf", version="1.2.3", licence="MIT", purpose="a test", files=files)


def an_archive(folder: Path, contents: dict[str, bytes]) -> Path:
    archive = folder / "leaf-1.2.3.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for name, body in contents.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(body)
            packed.addfile(entry, io.BytesIO(body))
    return archive


def test_vendored_files_are_as_listed() -> None:
    assert verify() == []
    assert main(["verify"]) == 0


def test_a_changed_byte_a_missing_file_and_an_unlisted_file_are_each_told(copied_folder: Path) -> None:
    (copied_folder / "preact" / "preact.mjs").write_bytes((copied_folder / "preact" / "preact.mjs").read_bytes() + b" ")
    (copied_folder / "htm" / "htm.mjs").unlink()
    (copied_folder / "htm" / "stray.mjs").write_text("export default 1;", encoding="utf-8")

    problems = verify(copied_folder)

    assert "preact/preact.mjs: differs from its sha256" in problems
    assert "htm/htm.mjs: listed but missing" in problems
    assert "htm/stray.mjs: present but not listed" in problems


def test_an_import_map_that_points_nowhere_is_told(copied_folder: Path) -> None:
    (copied_folder / "importmap.json").write_text(json.dumps({"imports": {"preact": "/static/vendor/preact/old.mjs"}}), encoding="utf-8")

    assert any("points to /static/vendor/preact/old.mjs" in problem for problem in verify(copied_folder))


def test_every_package_has_its_licence_and_an_exact_version() -> None:
    for package in load_list().packages:
        assert package.licence in FREE_LICENCES
        assert any(file.source == "LICENSE" for file in package.files), package.name
        assert len({file.path.split("/")[0] for file in package.files}) == 1, package.name


def test_every_import_of_a_vendored_module_is_resolved_by_the_import_map() -> None:
    known = load_import_map()["imports"].keys()
    modules = [*VENDOR_DIR.rglob("*.mjs"), VENDOR_DIR / "uplot" / "uPlot.esm.js"]

    statement = re.compile(r"\b(?:import|export)\b[^;\"'()]*?\bfrom\s*\"([\w@./-]+)\"")
    asked = {name for module in modules for name in statement.findall(module.read_text(encoding="utf-8"))}

    assert {"preact", "preact/hooks", "@preact/signals-core", "htm"} <= asked
    assert asked - known == set()


def test_fonts_that_the_style_sheets_name_are_vendored() -> None:
    css = "".join((VENDOR_DIR.parent / "css" / name).read_text(encoding="utf-8") for name in ("fonts.css", "figure_fonts.css"))

    named = set(re.findall(r"url\(\"\.\./vendor/([^\"]+)\"\)", css))

    assert named == {file.path for package in load_list().packages for file in package.files if file.path.endswith(".woff2")}


def test_the_video_library_stays_small() -> None:
    assert (VENDOR_DIR / "hls" / "hls.light.min.mjs").stat().st_size <= HLS_MAX_BYTES


def test_extraction_takes_the_listed_files_and_nothing_else(tmp_path: Path) -> None:
    archive = an_archive(tmp_path, {"LICENSE": b"free", "dist/leaf.mjs": b"export {};", "../escape.mjs": b"bad"})
    package = a_package(VendoredFile(path="leaf/LICENSE", source="LICENSE"), VendoredFile(path="leaf/leaf.mjs", source="dist/leaf.mjs"))

    found = extract_files(archive, package)

    assert found == {"leaf/LICENSE": b"free", "leaf/leaf.mjs": b"export {};"}


def test_a_package_without_a_listed_file_is_refused(tmp_path: Path) -> None:
    archive = an_archive(tmp_path, {"LICENSE": b"free"})

    with pytest.raises(VendoringFailed, match=r"dist/leaf\.mjs"):
        extract_files(archive, a_package(VendoredFile(path="leaf/leaf.mjs", source="dist/leaf.mjs")))
