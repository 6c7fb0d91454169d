"""In a cluster each command's keys stand in one slot: a session's keys together, all others spread by their names."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from redis.crc import key_slot

from app import redis_keys
from app.metrics.session_script import SessionScript
from app.redis_keys import SessionKeys
from app.settings import PROJECT_ROOT

APP = PROJECT_ROOT / "app"
SPREAD_OVER = 200
# Names of functions whose keys are used alone, each with two ways to call it that must not always meet in one slot.
ALONE = {"login_attempts", "job_lock", "readiness", "desk_version"}
# Several keys of which none is a session's.
TOGETHER = {"union_keys"}
# redis-py's commands that take several keys, or several commands as one; whoever needs one says here why its keys share a slot.
OF_SEVERAL_KEYS = re.compile(
    r"\.(mget|mset|msetnx|rename|renamenx|sunion\w*|sinter\w*|sdiff\w*|zunion\w*|zinter\w*|pfmerge|bitop|pipeline|transaction)\("
)
ALLOWED = {"app/infra/redis_client.py": "answers_to: commands of one key each, a single server's only"}


def slots_of(keys: tuple[str, ...]) -> set[int]:
    return {key_slot(key.encode()) for key in keys}


def test_all_keys_of_a_session_stand_in_one_slot_and_sessions_are_spread() -> None:
    found = [slots_of(SessionKeys("ocop", uuid4()).all()) for _ in range(SPREAD_OVER)]

    assert {len(slots) for slots in found} == {1}
    assert len(set.union(*found)) > SPREAD_OVER * 0.9


def test_no_key_of_a_session_is_left_out_of_all() -> None:
    keys = SessionKeys("ocop", UUID(int=7))
    named = {getattr(keys, name) for name, value in vars(SessionKeys).items() if isinstance(value, property)}

    assert named - set(keys.all()) == set()


def test_every_other_family_is_known_here_as_one_that_stands_alone_or_together() -> None:
    functions = {name for name, value in vars(redis_keys).items() if inspect.isfunction(value) and value.__module__ == redis_keys.__name__}

    assert functions == ALONE | TOGETHER


def test_keys_of_no_session_are_spread() -> None:
    for name in ALONE:
        function = getattr(redis_keys, name)
        of_uuid = "UUID" in str(inspect.signature(function))
        keys = tuple(function("ocop", uuid4() if of_uuid else number) for number in range(SPREAD_OVER))
        assert len(slots_of(keys)) > SPREAD_OVER * 0.9, name
    for name in TOGETHER:
        families = [slots_of(getattr(redis_keys, name)("ocop", uuid4())) for _ in range(SPREAD_OVER)]
        assert {len(slots) for slots in families} == {1}, name
        assert len(set.union(*families)) > SPREAD_OVER * 0.9, name


@pytest.mark.parametrize("path", sorted(APP.rglob("*.lua")), ids=lambda path: path.name)
def test_a_script_touches_only_the_keys_that_it_is_given(path: Path) -> None:
    """A name that a script puts together itself could lie anywhere."""
    code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    calls = re.findall(r"redis\.p?call\(\s*'(\w+)'\s*,?\s*([^,)]*)", code)
    not_given = [(command, key) for command, key in calls if command not in {"TIME", "INFO"} and not _is_given(key.strip())]

    assert not_given == []


def _is_given(key: str) -> bool:
    """`KEYS[…]`, `key.…`, or a local name or argument that holds one; never text."""
    return re.fullmatch(r"KEYS\[\d\]|key\.\w+|key|each|hash|crowd|places|views|sketch|name", key) is not None


def test_scripts_of_sessions_are_run_on_keys_of_one_session_only() -> None:
    names = [path.stem for path in (APP / "metrics" / "scripts").glob("*.lua") if "KEY_NAMES" in path.read_text(encoding="utf-8")]
    keys = SessionKeys("ocop", uuid4())

    for name in names:
        chosen = tuple(getattr(keys, each) for each in SessionScript(None, name).key_names)  # type: ignore[arg-type]  # not run
        assert len(slots_of(chosen)) == 1, name
    assert len(names) > 4


def test_other_scripts_are_called_with_keys_of_one_session_or_one_key() -> None:
    """Every call `…(keys=[a, b], …)`: its keys are attributes of one name, or there is one, or one family that stands together."""
    found = 0
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            for argument in node.keywords:
                if argument.arg == "keys" and isinstance(argument.value, ast.List | ast.Call):
                    found += 1
                    assert _stand_together(argument.value), f"{path}:{node.lineno}: {ast.unparse(argument.value)}"
    assert found > 6


def _stand_together(keys: ast.List | ast.Call) -> bool:
    if isinstance(keys, ast.Call):
        return ast.unparse(keys).startswith(("list(self._keys(session_id).all()", "union_keys("))
    owners = {ast.unparse(key.value) for key in keys.elts if isinstance(key, ast.Attribute)}
    return len(keys.elts) == 1 or (len(owners) == 1 and all(isinstance(key, ast.Attribute) for key in keys.elts))


def test_no_command_takes_several_keys_unless_it_is_known_that_they_stand_together() -> None:
    using = {
        str(path.relative_to(PROJECT_ROOT))
        for path in APP.rglob("*.py")
        if "redis" in (text := path.read_text(encoding="utf-8")) and OF_SEVERAL_KEYS.search(text)
    }

    assert using == set(ALLOWED)
