"""Pictures of the build before that show what the marts hold still, and so need not be drawn again."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from PIL import Image

# What a picture says that it is made of: a digest, and the names of the marts.
MADE_OF = "Made of"


@dataclass
class Watched:
    """A connection that knows which marts its queries name."""

    connection: duckdb.DuckDBPyConnection
    marts: set[str] = field(default_factory=set)

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        self.marts |= set(re.findall(r"\bmarts\.(\w+)", query))
        return self.connection.execute(query, parameters)


Connection = duckdb.DuckDBPyConnection | Watched


def made_of(picture: str, marts: set[str], digests: Mapping[str, str]) -> str | None:
    """Say what a picture is made of, by the digests of the marts; None where one of them has none.

    `picture` is all else that it comes of.
    """
    if not marts <= set(digests):
        return None
    parts = [picture, *(f"{mart} {digests[mart]}" for mart in sorted(marts))]
    return " ".join([hashlib.md5("\n".join(parts).encode()).hexdigest(), *sorted(marts)])


def is_as_before(path: Path, picture: str, digests: Mapping[str, str]) -> bool:
    """Tell whether a picture that is there would be drawn as it is."""
    try:
        with Image.open(path) as image:
            said = str(image.info.get(MADE_OF, ""))
    except OSError:
        return False
    return bool(said) and said == made_of(picture, set(said.split()[1:]), digests)
