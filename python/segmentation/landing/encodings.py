"""Which encoding a text file seems to have, of those that only their letters tell apart."""

import re
from pathlib import Path

from segmentation.landing.text import BLOCK_BYTES, decoded, is_utf16, open_latin1, read_line

FIRST_LINES = 2_000
# Russian writes its letters with the last quarter of all bytes; of two bytes, Korean begins its signs with few of those
# that Chinese does.
RUSSIAN_WORD = re.compile(rb"[\xc0-\xff]{3,}")
TWO_BYTES = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
MOST, FEW_BYTES, FEW_SIGNS = 0.9, 40, 10
KANA = re.compile("[\u3041-\u30fa]")
# Characters of daily use, such as 男, 女 and ￥, by themselves: bytes that Western text has within words, if at all.
# Left out is the sign of degrees, which C and F follow.
SINGLE = {
    "gb18030": re.compile(rb"(?<![A-Za-z\x80-\xff])[\xa1-\xa3\xb0-\xf7][\xa1-\xfe](?![A-Za-z\x80-\xff])"),
    "cp950": re.compile(rb"(?<![A-Za-z\x80-\xff])[\xa4-\xaf\xb1-\xbf][\x40-\x7e\xa1-\xfe](?![A-Za-z\x80-\xff])"),
}
# Most Japanese characters of daily use begin with bytes that begin none in Chinese and Korean, and are quotation marks
# and dashes in Western text.
KANJI = re.compile(rb"(?<![A-Za-z])(?:[\x88-\x9f][\x40-\x7e\x80-\xfc])+(?![A-Za-z])")


def likely_encoding(path: Path) -> str | None:
    """Guess the encoding that has to be stated, by the lines that are no utf-8; None for utf-8 and gb18030."""
    if is_utf16(path):
        return None
    other: list[bytes] = []
    with open_latin1(path) as file:
        while len(other) < FIRST_LINES and (text := file.read(BLOCK_BYTES) + read_line(path, file)):
            block = text.encode("latin-1")
            if decoded(block, "utf-8") is None:
                other += [line for line in block.splitlines() if decoded(line, "utf-8") is None]
    if not other:
        return None
    content = b"\n".join(other[:FIRST_LINES])
    beyond_ascii = sum(byte > 0x7F for byte in content)
    if sum(map(len, RUSSIAN_WORD.findall(content))) > max(FEW_BYTES, MOST * beyond_ascii):
        return "cp1251"
    pairs = TWO_BYTES.findall(content)
    # Each sign once: a list may have hardly any but 男 and 女.
    signs = set(pairs)
    if sum(0xB0 <= sign[0] <= 0xC8 and sign[1] >= 0xA1 for sign in signs) > max(FEW_SIGNS, MOST * len(signs)):
        return "cp949"
    japanese = content.decode("cp932", "ignore")
    # Each kana begins with one of two bytes of which no Chinese character of daily use is made.
    is_in_kana = len(KANA.findall(japanese)) * 10 > len(re.findall(r"[^\x00-\x7f]", japanese))
    if is_in_kana or sum(map(len, KANJI.findall(content))) > beyond_ascii / 2:
        return "cp932"
    # Of what Taiwan writes, many second bytes are those of letters; in gb18030 only those of rare characters are, and
    # then the first byte is often one that Taiwan has no characters for.
    with_letters = sum(pair[1] < 0x80 for pair in pairs)
    is_taiwanese = with_letters * 5 > len(pairs) and sum(pair[0] < 0xA1 for pair in pairs) * 50 < len(pairs)
    chinese = "cp950" if is_taiwanese else "gb18030"
    # Western text can be valid Chinese too, but gives no row of Chinese characters.
    in_rows = re.findall(r"[\u4e00-\u9fff]{2,}", content.decode(chinese, "ignore"))
    if (sum(map(len, in_rows)) + len(SINGLE[chinese].findall(content))) * 2 <= beyond_ascii / 2:
        return "cp1252"
    return "cp950" if is_taiwanese else None
