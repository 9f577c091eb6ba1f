"""Errors that the user can mend."""


class InputError(Exception):
    """A raw file or a setting that cannot work; the message is one sentence for the user."""
