"""The README's table of settings, made from `app/settings.py`. `python -m tests.architecture.settings_table` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from app.settings import PROJECT_ROOT, Settings

README = PROJECT_ROOT / "README.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"


def settings_of(model: type[BaseModel] = Settings, prefix: str = "OCOP_") -> Iterator[tuple[str, FieldInfo]]:
    """Every environment variable that is read, groups after the plain ones."""
    groups: list[tuple[type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            groups.append((type(field.default), f"{prefix}{name.upper()}__"))
        else:
            yield str(field.validation_alias or f"{prefix}{name.upper()}"), field
    for group, its_prefix in groups:
        yield from settings_of(group, its_prefix)


def table() -> str:
    rows = ["| setting | default | what it does |", "|---|---|---|"]
    rows += [f"| `{name}` | {_shown(field)} | {field.description} |" for name, field in settings_of()]
    return "\n".join(rows)


def with_table(text: str) -> str:
    """A text with the table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _shown(field: FieldInfo) -> str:
    default = field.default
    if default is None or isinstance(default, SecretStr) or default == "":
        return "unset"
    if isinstance(default, Path):
        return f"`{default.relative_to(PROJECT_ROOT)}` in the project"
    if isinstance(default, tuple):
        return "`[]`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
