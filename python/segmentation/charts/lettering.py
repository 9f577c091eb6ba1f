"""Which font has which sign: the vendored one first, then those of the machine; what none has is named."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

FONT_PATH = Path(__file__).parents[1] / "fonts" / "NotoSansSC-GB2312.ttf"


@cache
def font_families() -> list[str]:
    """Names of the fonts that every machine has: the vendored one and Matplotlib's own."""
    font_manager.fontManager.addfont(FONT_PATH)
    return [font_manager.FontProperties(fname=FONT_PATH).get_name(), "DejaVu Sans"]


def letter(figure: Figure) -> tuple[list[str], set[str]]:
    """Give the texts of a drawn figure fonts of the machine for the signs that the usual ones lack.

    Returns these fonts, for which it has to be drawn again, and the signs that no font has.
    """
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    lacking = unusual_signs(text.get_text() for text in texts)
    families = fonts_with(frozenset(lacking), _machine_fonts()) if lacking else {}
    if families:
        for text in texts:
            text.set_fontfamily([*font_families(), *families])
    return [*families], lacking.difference(*families.values())


def unusual_signs(texts: Iterable[str]) -> set[str]:
    """Return the signs that the usual fonts lack."""
    usual = set().union(*(_signs(font_manager.findfont(family)) for family in font_families()))
    return {sign for text in texts for sign in text if not sign.isspace()} - usual


@cache
def fonts_with(signs: frozenset[str], fonts: tuple[tuple[str, str], ...]) -> dict[str, frozenset[str]]:
    """Return as few of the fonts (family, file) as have the most of the signs, each with those it adds."""
    found = {}
    left = signs
    while left:
        family, added = max(
            ((family, _signs(path) & left) for family, path in fonts), key=lambda font: len(font[1]), default=("", None)
        )
        if not added:
            break
        found[family] = added
        left -= added
    return found


@cache
def _machine_fonts() -> tuple[tuple[str, str], ...]:
    fonts = {
        font.name: font.fname
        for font in sorted(font_manager.fontManager.ttflist, key=lambda font: font.fname, reverse=True)
        # Fonts of last resort have a box for every sign.
        if font.style == "normal" and "lastresort" not in font.name.replace(" ", "").lower()
    }
    return tuple(sorted(fonts.items()))


@cache
def _signs(path: str) -> frozenset[str]:
    try:
        return frozenset(map(chr, FT2Font(path).get_charmap()))
    except (OSError, RuntimeError):
        return frozenset()
