"""How wide a text is where it is drawn or written into a table."""

from unicodedata import east_asian_width


def text_width(text: str) -> int:
    """Return how many Latin letters are as wide as a text: a Chinese sign is as wide as two."""
    return sum(2 if east_asian_width(sign) in "FW" else 1 for sign in text)
