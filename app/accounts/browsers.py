"""What a browser calls itself, in two words, for somebody who looks through their own sign-ins."""

from __future__ import annotations

# The first that is named counts: later ones name earlier ones, too.
_BROWSERS = (
    *(("Zalo", "Zalo"), ("FBAN", "Facebook"), ("FBAV", "Facebook"), ("EdgA", "Edge"), ("Edg", "Edge"), ("OPR", "Opera")),
    *(("coc_coc", "Cốc Cốc"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome")),
    *(("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"), ("python", "Python")),
)
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))


def browser_in_words(user_agent: str) -> str:
    """For example `Chrome · Android`; empty when it says nothing that is known. Nothing else of the header is kept."""
    found = [next((words for sign, words in known if sign in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return " · ".join(words for words in found if words)
