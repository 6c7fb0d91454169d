"""Letters of other scripts, and shapes of letters, that nobody can tell from Latin ones: Cyrillic, Greek, squared, circled, small capitals."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LATIN_NAME = re.compile(
    r"(?:LATIN (?:SMALL |CAPITAL )?(?:LETTER )?(?:SMALL CAPITAL |SMALL |CAPITAL )?(?:DOTLESS |SCRIPT |OPEN |TURNED |LONG )?"
    r"|(?:NEGATIVE )?(?:SQUARED|CIRCLED) (?:LATIN CAPITAL LETTER )|REGIONAL INDICATOR SYMBOL LETTER )([A-Z])(?: WITH .*)?"
)
# Cyrillic, Greek, Armenian and Cherokee letters that nobody can tell from Latin ones.
_TWINS = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0457\u0458\u0455\u04bb\u0501\u051b\u051d\u04cf\u0433\u0438\u0439\u043f"
    "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03b7\u03bc\u03b3\u03c9"
    "\u0578\u057d\u0570\u0585\u0581\u0251\u0261\u0269",
    "abekmhopctyxiijshdqwlruun" + "abeikvoptuxnmyw" + "nuhogagi",
)
_CAPITAL_TWINS = {
    "\u041d": "h",
    "\u0412": "b",
    "\u0420": "p",
    "\u0421": "c",
    "\u0425": "x",
    "\u0397": "h",
    "\u03a1": "p",
    "\u03a5": "y",
    "\u039c": "m",
    "\u039d": "n",
}


@lru_cache(maxsize=4096)
def latin_likeness(char: str) -> str:
    """The Latin letters that this character looks like, without accents; anything else as it is."""
    if char in _CAPITAL_TWINS:
        return _CAPITAL_TWINS[char]
    base = unicodedata.normalize("NFD", char.lower().translate(_TWINS))
    letters = "".join(part for part in base if not unicodedata.combining(part))
    if letters.isascii():
        return letters
    found = _LATIN_NAME.fullmatch(unicodedata.name(char, ""))
    return found[1].lower() if found else letters
