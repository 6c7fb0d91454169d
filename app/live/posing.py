"""Names under which a viewer would pass for the people who run a session, however they are disguised. Asked at a viewer's hello."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from app.live.letter_likenesses import latin_likeness

# With any accents or none, joined or split: the host, the organiser, those who help.
_ROLES = (
    *(
        "ban tổ chức",
        "ban quản trị",
        "quản trị",
        "quản trị viên",
        "quản lý",
        "người dẫn",
        "người dẫn chương trình",
        "hỗ trợ",
        "hỗ trợ viên",
    ),
    *(
        "ban tc",
        "btc",
        "qtv",
        "cskh",
        "chăm sóc khách hàng",
        "mc",
        "host",
        "admin",
        "administrator",
        "moderator",
        "mod",
        "staff",
        "support",
    ),
    *("official", "organiser", "organizer", "organisers", "organizers", "ocop live", "system"),
)
# These words become other people's names once their accents are gone (Diệu Hạnh, Nhân Viễn): only as they are written here.
_ROLES_AS_WRITTEN = ("chính thức", "nhân viên", "tổng đài", "điều hành", "hệ thống", "chủ shop", "bán hàng")
# Names and words that only look like a role once their accents are gone.
_NO_ROLES = frozenset({("quân", "trí"), ("quân", "trị"), ("người", "dân"), ("quan", "lý"), ("quân", "lý"), ("quan", "ly"), ("quân", "ly")})
# Shorter ones only as a word of their own: two words may meet by chance.
_JOINED_FROM_LETTERS = 4

_SIGNS_FOR_LETTERS = str.maketrans("01345679@$!|+€", "oieasbtgasiite")
_WITHIN_WORDS = re.compile(r"[\W\d_]+")


def poses_as_staff(name: str, *, organisation_name: str = "") -> bool:
    """Whether a cleaned name says that a viewer is the organiser, the host or their help, or is the organisation's own name.

    Seen through: accents, spaces and signs between letters, doubled letters, digits and foreign letters that look alike.
    """
    plain = tuple(re.findall(r"[^\W\d_]+", name.lower()))
    if any(_follow_in(role, plain) for role in _WRITTEN):
        return True
    if organisation_name and _joined(name.split()) == _joined(organisation_name.split()):
        return True
    honest = [plain[at : at + 2] in _NO_ROLES for at in range(len(plain))]
    without = [word for at, word in enumerate(plain) if not honest[at] and not (at and honest[at - 1])] if any(honest) else None
    readings = [without] if without is not None else [_folded_words(name), _folded_words(name.translate(_SIGNS_FOR_LETTERS)), name.split()]
    return any(_names_a_role([_skeleton(word) for word in words]) for words in readings)


def _folded_words(text: str) -> list[str]:
    return [word for word in _WITHIN_WORDS.split(_lookalikes(text)) if word]


def _names_a_role(words: list[str]) -> bool:
    words = [word for word in words if word]
    for start in range(len(words)):
        joined = ""
        for end in range(start, len(words)):
            joined = _without_doubles(joined + words[end])
            if len(joined) > _LONGEST:
                break
            if joined in _FOLDED and (start == end or len(joined) >= _JOINED_FROM_LETTERS):
                return True
    return False


def _follow_in(role: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return any(words[at : at + len(role)] == role for at in range(len(words) - len(role) + 1))


def _joined(words: list[str]) -> str:
    return _without_doubles("".join(_skeleton(word) for word in words))


def _lookalikes(text: str) -> str:
    return "".join(map(latin_likeness, unicodedata.normalize("NFKC", text)))


def _skeleton(word: str) -> str:
    """The shape of a word: Latin letters only, l as i, rn as m, vv as w, none doubled."""
    letters = "".join(filter(str.isalpha, _lookalikes(word.translate(_SIGNS_FOR_LETTERS))))
    return _without_doubles(letters.replace("rn", "m").replace("vv", "w").replace("l", "i"))


def _without_doubles(word: str) -> str:
    return word[:1] + "".join(after for before, after in pairwise(word) if before != after)


_WRITTEN = tuple(tuple(role.split()) for role in _ROLES_AS_WRITTEN)
_FOLDED = frozenset(_without_doubles("".join(_skeleton(word) for word in role.split())) for role in _ROLES)
_LONGEST = max(map(len, _FOLDED))
