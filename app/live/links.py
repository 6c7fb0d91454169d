"""Finds addresses on the web in comments, also those that are spelled: `www`, `bit . ly/x`, `shop chấm com`. Pure."""

from __future__ import annotations

import re
import unicodedata

_DOT = re.compile(r"\s*(?:\(\s*(?:dot|chấm|cham|\.)\s*\)|\[\s*(?:dot|chấm|cham|\.)\s*\]|\s(?:dot|chấm|cham)\s)\s*", re.IGNORECASE)
# A space before a domain's end alone is no disguise: people forget the space after a full stop, not before it.
_SPACED = re.compile(r"(?<=[a-z0-9])\s+\.\s*(?=[a-z])|(?<=[a-z0-9])\.\s+(?=(?:com|net|vn|ly|org)\b)", re.IGNORECASE)
_END = r"(?![a-z0-9\u00c0-\u1ef9])"
_ENDINGS = r"(?:com|net|org|info|xyz|biz|asia|site|online|click|club|icu|vip|pro|bet|win|tk|cc|ly|gl|io|gg|vn)"
_LINK = re.compile(
    r"https?\s*:\s*/\s*/|\bwww\s*\.\s*[a-z0-9]"
    r"|\b(?:zalo|t|m|wa|fb|telegram)\.me/"
    rf"|\b[a-z0-9][a-z0-9-]*[a-z0-9](?:\.[a-z0-9-]+)*\.{_ENDINGS}{_END}"
    # Endings that are words, too, only with a path: shop, me, co, top, link …
    r"|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:me|co|top|shop|store|link|live|app|page|to|so|la|ai)/[a-z0-9]",
    re.IGNORECASE,
)


def has_link(text: str) -> bool:
    """Whether a cleaned comment has an address that can be typed into a browser."""
    plain = unicodedata.normalize("NFKC", text)
    return _LINK.search(plain) is not None or _LINK.search(_SPACED.sub(".", _DOT.sub(".", plain))) is not None
