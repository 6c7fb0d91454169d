"""The files that pages refer to, under names that carry a hash of their content, so that browsers keep them for good.

Made from static/ once per process, in memory: packs of modules and of style sheets (`app/web/packing.py`), fonts, libraries that travel alone,
and the pages' own pictures. A changed file has a new name; who asks for an old name during a deployment gets the file that has its place now.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Final

from app.infra.compression import Compressed, compress
from app.web.modules import STATIC_DIR, TRAVELS_ALONE, Module, module_named, modules_of, parts_of
from app.web.packing import LIBRARIES, pack_modules, pack_styles

_STATIC_URL = "/static/"
_HASHED = re.compile(r"^(?P<stem>.+)-[0-9a-f]{12}(?P<suffix>\.[a-z0-9.]+)$")
_MEDIA_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}

_BASE_STYLES = ("tokens", "base", "controls", "surfaces", "goods")
_STAFF_STYLES = ("fonts", "figure_fonts", *_BASE_STYLES, "figures", "staff")
_UPLOT_STYLE = "vendor/uplot/uPlot.min.css"
# By the name of the template; a page that is not named has the base alone.
STYLES: Final[dict[str, tuple[str, ...]]] = {
    "home": (*_BASE_STYLES, "home"),
    "viewer": (*_BASE_STYLES, "figures", "viewer_parts", "viewer", "claims"),
    "booth": (*_BASE_STYLES, "home", "figures", "viewer_parts", "viewer", "claims", "booth"),
    "commune": (*_BASE_STYLES, "home"),
    "rules": (*_BASE_STYLES, "order"),
    "booth_poster": (*_BASE_STYLES, "poster"),
    "board": (*_STAFF_STYLES, _UPLOT_STYLE, "board", "board_parts", "board_small", "talk", "claims"),
    "overlay": (*_BASE_STYLES, "overlay"),
    "report": (*_STAFF_STYLES, _UPLOT_STYLE, "report"),
    **dict.fromkeys(("programmes", "programme", "compare"), (*_STAFF_STYLES, "report", "programmes")),
    "public_report": ("fonts", "figure_fonts", *_BASE_STYLES, "figures", "report"),
    "desk": (*_STAFF_STYLES, "claims", "desk"),
    "complaints": (*_STAFF_STYLES, "desk"),
    "comment_orders": (*_STAFF_STYLES, "claims"),
    "goods": (*_STAFF_STYLES, "goods_pages"),
    **dict.fromkeys(("host_sessions", "host_edit", "organiser_sessions"), _STAFF_STYLES),
    **dict.fromkeys(("people", "account"), (*_STAFF_STYLES, "people")),
    "parcels": (*_STAFF_STYLES, "parcels"),
    "payments": (*_STAFF_STYLES, "payments"),
    "settlements": (*_STAFF_STYLES, "settlements"),
    "carriers": (*_STAFF_STYLES, "payments", "carriers"),
    **dict.fromkeys(("login", "invitation"), ("fonts", *_BASE_STYLES)),
    **dict.fromkeys(("order", "my_orders", "lookup"), (*_BASE_STYLES, "figures", "order")),
    "page": _BASE_STYLES,
}
SCRIPTS: Final = (
    *("account", "invitation", "people"),
    *("board", "booth", "carriers", "comment_orders", "compare", "complaints", "desk"),
    *("goods", "goods_import", "goods_photos", "goods_producer", "goods_product"),
    *("home", "host_edit", "host_sessions", "login", "lookup_page", "my_orders_page", "order_page", "overlay", "parcels", "payments"),
    *("organiser_sessions", "programme", "programmes", "public_report", "report", "settlements", "staff", "viewer"),
)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """What stands behind one address."""

    address: str
    media_type: str
    content: Compressed


@dataclass(frozen=True, slots=True)
class PageFiles:
    """Addresses that a page's head names. `needed` are the modules that run at once, the page's own first; `imports` is its import map."""

    needed: tuple[str, ...]
    imports: dict[str, str]


class Published:
    """All of them. Made by `published`."""

    def __init__(self) -> None:
        self._files: dict[str, PublishedFile] = {}
        self._places: dict[str, str] = {}
        self._styles = {page: self._style(page, sheets) for page, sheets in STYLES.items()}
        self._pictures = [self.address(path) for path in ("pictures/favicon.svg", "pictures/logo.svg", "pictures/share.png")]
        self.fonts = self._style("fonts", ("fonts",))
        self._libraries = ""
        self._scripts = {f"{name}.js": self._page(f"{name}.js") for name in SCRIPTS}

    def find(self, path: str) -> tuple[PublishedFile, bool] | None:
        """The file at a path below /static, and whether it is the very one that was asked for; None when nothing ever stood there."""
        exact = self._files.get(path)
        if exact is not None:
            return exact, True
        match = _HASHED.fullmatch(path)
        place = self._places.get(match["stem"] + match["suffix"]) if match else None
        return None if place is None else (self._files[place], False)

    def style(self, page: str) -> str:
        """The address of a page's style sheet."""
        return self._styles.get(page, self._styles["page"])

    def page_files(self, script: str) -> PageFiles:
        """What a page with this script loads. Raises `KeyError` for a script that `SCRIPTS` does not name."""
        return self._scripts[script]

    def address(self, path: str) -> str:
        """The lasting address of a file below static, by its path there."""
        known = self._places.get(path)
        return _STATIC_URL + known if known is not None else self._publish(path, (STATIC_DIR / path).read_bytes())

    def _page(self, script: str) -> PageFiles:
        needed, parts = modules_of(script), parts_of(script)
        name = script.removesuffix(".js")
        ours = [module for module in needed if module.is_ours]
        has_libraries = bool(parts) or any(not module.is_ours and module.name not in TRAVELS_ALONE for module in needed)
        code = "".join(module.code for module in modules_of(script, *parts) if module.is_ours)
        alone = {name: self.address(module_named(name).address.removeprefix(_STATIC_URL)) for name in TRAVELS_ALONE if f'"{name}"' in code}
        started = [module for module in needed if module.name in TRAVELS_ALONE]
        own = self._pack(f"packs/{name}.js", [*started, *ours], owns_table=not has_libraries)
        imports = alone | ({LIBRARIES: self._shared_libraries()} if has_libraries else {})
        for part in parts:
            extra = [module for module in modules_of(part) if module.is_ours and module not in needed]
            imports[f"pack/{part}"] = self._pack(f"packs/{name}.{part}", extra, owns_table=False)
        at_once = [own, *([imports[LIBRARIES]] if has_libraries else []), *(alone[module.name] for module in started)]
        return PageFiles(tuple(at_once), imports)

    def _shared_libraries(self) -> str:
        """All pages' libraries in one pack, so that it is fetched once."""
        if self._libraries == "":
            everything = modules_of(*(f"{name}.js" for name in SCRIPTS))
            theirs = [module for module in everything if not module.is_ours and module.name not in TRAVELS_ALONE]
            self._libraries = self._pack("packs/libraries.js", theirs, owns_table=True)
        return self._libraries

    def _pack(self, path: str, modules: list[Module], *, owns_table: bool) -> str:
        return self._publish(path, pack_modules(modules, owns_table=owns_table).encode())

    def _style(self, page: str, sheets: tuple[str, ...]) -> str:
        paths = [sheet if sheet.endswith(".css") else f"css/{sheet}.css" for sheet in sheets]
        text = pack_styles([(STATIC_DIR / path).read_text(encoding="utf-8") for path in paths], self.address)
        return self._publish(f"packs/{page}.css", text.encode())

    def _publish(self, path: str, content: bytes) -> str:
        pure = PurePosixPath(path)
        digest = hashlib.blake2b(content, digest_size=6).hexdigest()
        hashed = str(pure.with_name(f"{pure.stem}-{digest}{pure.suffix}"))
        if hashed not in self._files:
            kind = _MEDIA_TYPES.get(pure.suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
            self._files[hashed] = PublishedFile(_STATIC_URL + hashed, kind, compress(content))
            self._places[path] = hashed
        return _STATIC_URL + hashed


@cache
def published() -> Published:
    """Reads and compresses about a megabyte: 0.2 s, before the worker takes requests."""
    return Published()
