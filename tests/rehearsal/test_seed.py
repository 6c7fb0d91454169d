"""The demo market is written once: a second start changes nothing, an ended session is followed by a new one."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.accounts.service import AccountService
from app.catalog.service import CatalogService
from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients
from app.infra.startup import StartupError
from app.rehearsal.demo_accounts import FILE_NAME, read_demo_accounts
from app.rehearsal.market import PRODUCERS, PRODUCTS
from app.rehearsal.seed import SHELF_UNITS, seed_demo_market
from app.sessions.lookup import SessionLookup
from app.settings import Settings, load_settings
from tests.selling import Selling, selling_services


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url, load_settings().database) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path, redis_prefix: str) -> Settings:
    return load_settings(data_dir=tmp_path / "data", redis_prefix=redis_prefix)


@pytest.fixture
def accounts(database: Database, redis: RedisClients, redis_prefix: str) -> AccountService:
    return AccountService(database, redis, redis_prefix=redis_prefix)


@pytest.fixture
def selling(database: Database, redis: RedisClients, settings: Settings) -> Selling:
    return selling_services(database, redis, settings.redis_prefix)


@pytest.fixture
def sessions(selling: Selling) -> SessionLookup:
    return selling.sessions


async def content_of(database: Database) -> dict[str, str]:
    """A digest of every table's rows."""
    tables = await database.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    digests = {}
    for (table,) in tables:
        query = f"SELECT count(*) || md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"  # noqa: S608 - names from the catalogue
        digests[table] = str(await database.pool.fetchval(query))
    return digests


async def test_the_market_is_live_and_whole_after_the_first_run(
    database: Database, redis: RedisClients, settings: Settings, accounts: AccountService, sessions: SessionLookup, selling: Selling
) -> None:
    market = await seed_demo_market(database, settings, redis=redis)

    host = (await accounts.sign_in(market.host_login, market.host_password, address="test")).user
    organiser = (await accounts.sign_in(market.organiser_login, market.organiser_password, address="test")).user
    facts = await sessions.facts(market.session_id)
    producers = await CatalogService(database).list_producers(organiser)
    offers = await selling.offers.views(market.session_id)
    assert market.created
    assert (host.role, organiser.role, host.organisation_id) == ("host", "organiser", organiser.organisation_id)
    assert (facts.view.state, facts.record.host_id) == ("live", host.id)
    assert [product.name for product in facts.products] == [product.name for product in PRODUCTS]
    assert len(producers.items) == len(PRODUCERS)
    assert len({producer.commune_code for producer in producers.items}) >= 4
    assert {offer.state for offer in offers} == {"scheduled"}
    assert {pool.left for pool in await selling.stock.views(market.session_id)} == {SHELF_UNITS}
    assert len(await selling.stock.views(market.session_id)) == len(PRODUCTS)


async def test_a_second_run_changes_nothing(database: Database, redis: RedisClients, settings: Settings) -> None:
    first = await seed_demo_market(database, settings, redis=redis)
    before, keys_before = await content_of(database), await redis.once.keys(f"{settings.redis_prefix}:*")

    second = await seed_demo_market(database, settings, redis=redis)

    assert not second.created
    assert (second.session_id, second.host_password, second.organiser_password) == (
        first.session_id,
        first.host_password,
        first.organiser_password,
    )
    assert await content_of(database) == before
    assert sorted(await redis.once.keys(f"{settings.redis_prefix}:*")) == sorted(keys_before)


async def test_an_ended_session_stays_as_history_and_a_new_one_is_live(
    database: Database, redis: RedisClients, settings: Settings, accounts: AccountService, sessions: SessionLookup, selling: Selling
) -> None:
    first = await seed_demo_market(database, settings, redis=redis)
    organiser = (await accounts.sign_in(first.organiser_login, first.organiser_password, address="test")).user
    await selling.session_editor.transition(organiser, first.session_id, "ended")

    second = await seed_demo_market(database, settings, redis=redis)

    assert second.created
    assert second.session_id != first.session_id
    assert {session.id: session.state for session in await sessions.list_for(organiser)} == {
        first.session_id: "ended",
        second.session_id: "live",
    }


async def test_the_passwords_are_for_this_user_alone_and_differ_from_market_to_market(
    database: Database, redis: RedisClients, settings: Settings, tmp_path: Path
) -> None:
    market = await seed_demo_market(database, settings, redis=redis)

    kept = settings.data_dir / FILE_NAME
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["host"] == {"login": market.host_login, "password": market.host_password}
    assert market.host_password != market.organiser_password


async def test_a_lost_accounts_file_gives_new_logins_of_the_same_organisation(
    database: Database, redis: RedisClients, settings: Settings, accounts: AccountService
) -> None:
    first = await seed_demo_market(database, settings, redis=redis)
    (settings.data_dir / FILE_NAME).unlink()

    second = await seed_demo_market(database, settings, redis=redis)

    old = await accounts.sign_in(first.organiser_login, first.organiser_password, address="test")
    new = await accounts.sign_in(second.organiser_login, second.organiser_password, address="test")
    assert second.organiser_login != first.organiser_login
    assert new.user.organisation_id == old.user.organisation_id
    assert second.session_id == first.session_id


def test_a_damaged_accounts_file_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"host": 1}')

    with pytest.raises(StartupError, match="damaged") as failure:
        read_demo_accounts(tmp_path)

    assert "\n" not in str(failure.value)
