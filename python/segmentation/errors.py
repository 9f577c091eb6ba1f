"""Errors that the user can mend."""


class InputError(Exception):
    """A raw file or a setting that cannot work; the message is one sentence for the user."""


def sentence(error: InputError | OSError) -> str:
    """Return what to tell the user."""
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}."
    return str(error)
