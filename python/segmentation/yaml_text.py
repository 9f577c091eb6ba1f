"""YAML of people: settings and retailer files."""

from typing import Any

import yaml

# Names and values, all that is repeated by aliases counted each time.
MOST_VALUES = 100_000


class _Loader(yaml.SafeLoader):
    """YAML in which no name stands twice: the last one would count, and what the others say would be lost."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        names: set[str] = set()
        for name in [name for name, _ in node.value if isinstance(name, yaml.ScalarNode)]:
            if name.value in names:
                raise ValueError(f"it has {name.value} a second time in line {name.start_mark.line + 1}")
            names.add(name.value)
        return node


def read_yaml(text: str) -> Any:
    """Return what a YAML text says.

    Raises
    ------
    ValueError
        If it is no YAML, or its aliases repeat more than memory could hold.
    """
    try:
        content = yaml.load(text, _Loader)
        size = _size(content, {})
    # A date that no calendar has, or a number of thousands of digits, is a ValueError already.
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    if size > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES:,} values, the repeated ones counted")
    return content


def write_yaml(content: Any) -> str:
    """Return a text that reads as the same content. JSON would not do: 1e-05, its 0.00001, is a text to YAML."""
    return yaml.safe_dump(content)


def _size(content: Any, known: dict[int, int]) -> int:
    """Return the number of values; too many where a list is part of itself."""
    if not isinstance(content, dict | list | set):
        return 1
    if id(content) not in known:
        known[id(content)] = MOST_VALUES
        parts = [*content, *content.values()] if isinstance(content, dict) else content
        known[id(content)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(content)]
