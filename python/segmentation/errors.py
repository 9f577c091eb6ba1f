"""Errors that the user can mend."""

import re
from dataclasses import dataclass

RAN_OUT = {
    "The disk is full": r"No space left on device|[Dd]isk quota exceeded",
    "Memory ran out": (
        r"bad_alloc|Out of Memory|[Cc]annot allocate memory|MemoryError|Broken(Process)?Pool|abruptly"
        r"|can't start new thread|Resource temporarily unavailable|failed to map segment"
    ),
}
WAY_OUT = {
    "The disk is full": "free some of it, or let WAREHOUSE_PATH and REPORT_DIR name another one",
    "Memory ran out": "a process was refused it or killed; end other programs, raise MEMORY_LIMIT or take more memory",
}


class InputError(Exception):
    """A raw file or a setting that cannot work; the message is one sentence for the user.

    Attributes
    ----------
    key : that of the text in the seed report_texts with which the live page says it in both languages, if there is one.
    values : those of the text.
    """

    def __init__(self, said: str, key: str = "", **values: str) -> None:
        super().__init__(said)
        self.key, self.values = key, values


@dataclass(frozen=True)
class Remark:
    """What the user should know of what could be done; as `InputError`, with the key of its text in both languages."""

    said: str
    key: str
    values: dict[str, str]

    def __str__(self) -> str:
        return self.said


def sentence(error: BaseException) -> str | None:
    """Return what to tell the user; None for what is no fault of files, settings or the machine."""
    if isinstance(error, InputError):
        return str(error)
    if said := what_ran_out(f"{type(error).__name__}: {error}", getattr(error, "filename", None)):
        return said
    if isinstance(error, UnicodeEncodeError) and error.reason.startswith("surrogates"):
        return f"The name {error.object.encode(errors='surrogateescape')!r} is not in UTF-8: rename the file or folder."
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}."
    return None


def open_elsewhere(place: object, error: Exception) -> str | None:
    """Return a sentence where DuckDB's error says that another process has a file open for writing."""
    said = " ".join(str(error).split())
    if "Could not set lock on file" not in said:
        return None
    holder = said.partition("Conflicting lock is held in ")[2].partition(". ")[0] or "another program"
    return f"{place} is open for writing in {holder}: close it there, and open it read-only next time."


def what_ran_out(text: str, place: str | None = None) -> str | None:
    """Return a sentence where the text of an error says that the disk is full or memory ran out."""
    for what, pattern in RAN_OUT.items():
        if re.search(pattern, text):
            return (
                f"{what}{f' ({place})' if place else ''}: {WAY_OUT[what]} (docs/robustness.md says what a build needs)."
            )
    return None
