"""`ocop admin …`: the first organiser, and letting somebody in whose phone is lost. Added to the command line by `app/cli.py`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from app.accounts import administration
from app.settings import Settings, load_settings


def admin_commands(
    stores: Callable[[Settings], AbstractContextManager[Settings]], migrate: Callable[[Settings], None], read_password: Callable[[], str]
) -> typer.Typer:
    """`stores` gives settings whose servers run, `migrate` brings the database to the newest schema."""
    commands = typer.Typer(help="First organiser, and a way back in.", no_args_is_help=True)

    @commands.command()
    def create(
        organisation: Annotated[str, typer.Option(help="as people shall read it; made when there is none of this name")],
        login: Annotated[str, typer.Option(help="what to sign in with: a-z, 0-9 and . _ @ + -")],
        name: Annotated[str, typer.Option(help="as others see it")],
    ) -> None:
        """Make an organiser, who then invites everybody else on /organiser/people. The password is asked for, or read from standard input."""
        password = read_password()
        with stores(load_settings()) as settings:
            migrate(settings)
            user = administration.create_admin(settings, organisation, login, name, password)
        typer.echo(f"{user.login} ({user.role}) of {user.organisation_name}")

    @commands.command()
    def forget_second_factor(login: Annotated[str, typer.Option(help="whose phone is lost")]) -> None:
        """Let somebody sign in with the password alone, when no organiser can do it on a page."""
        with stores(load_settings()) as settings:
            was_on = administration.forget_second_factor(settings, login)
        typer.echo("The password alone signs in now." if was_on else "No second factor was on.")

    return commands
