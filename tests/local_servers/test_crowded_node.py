"""Workers share a folder where there are more of them than cores, and only there."""

from __future__ import annotations

import stat
from pathlib import Path

from app.infra.cores import core_count
from app.installation.children import environment_for_children
from app.local_servers.crowded_node import turns_folder_of, writer_socket_of
from app.settings import OrderSettings, RealtimeSettings, Settings


def test_workers_with_a_core_each_share_nothing() -> None:
    settings = Settings(secret_key="x" * 32)

    assert writer_socket_of(settings, core_count()) == ""
    assert turns_folder_of(settings, core_count()) == ""


def test_more_workers_than_cores_meet_in_a_folder_that_only_they_may_enter() -> None:
    settings = Settings(secret_key="x" * 32)
    folder = Path(turns_folder_of(settings, core_count() + 1))

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert Path(writer_socket_of(settings, core_count() + 1)).parent == folder


def test_what_somebody_else_set_up_stays() -> None:
    settings = Settings(
        secret_key="x" * 32, realtime=RealtimeSettings(turns_folder="/their/turns"), orders=OrderSettings(writer_socket="/their/writer")
    )

    assert turns_folder_of(settings, 1) == "/their/turns"
    assert writer_socket_of(settings, core_count() + 1) == ""


def test_workers_are_told_where_to_take_turns() -> None:
    crowded, roomy = (Settings(secret_key="x" * 32, workers=workers) for workers in (core_count() + 1, core_count()))

    assert Path(environment_for_children(crowded)["OCOP_REALTIME__TURNS_FOLDER"]).is_dir()
    assert environment_for_children(roomy)["OCOP_REALTIME__TURNS_FOLDER"] == ""
