"""Groups of commands that are loaded when one of them is called, or their help is asked for. Used by `app/cli.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup
from typing_extensions import override

if TYPE_CHECKING:
    from typer._click.core import Command, Context


def later(load: Callable[[], typer.Typer], *, about: str) -> typer.Typer:
    """A group with the commands of what `load` brings."""

    class Later(TyperGroup):
        @override
        def list_commands(self, ctx: Context) -> list[str]:
            return self._loaded().list_commands(ctx)

        @override
        def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
            return self._loaded().get_command(ctx, cmd_name)

        def _loaded(self) -> TyperGroup:
            return typer.main.get_group(load())

    return typer.Typer(cls=Later, no_args_is_help=True, help=about)
