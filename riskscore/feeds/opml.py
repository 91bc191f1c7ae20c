"""An OPML file (a list of feeds, as feed readers export it) in, addresses and names out."""

from __future__ import annotations

from pathlib import Path

from riskscore.errors import InputError


def read_opml(path: Path) -> list[tuple[str, str | None]]:
    """(address, name) of each feed, folders flattened.

    Raises
    ------
    InputError
        The file cannot be read, or is no OPML.
    """
    from lxml import etree

    # No entities and no network: the file may come from anywhere.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except etree.XMLSyntaxError as error:
        raise InputError(f"{path.name} is not OPML: {error}") from None
    if root.tag != "opml":
        raise InputError(f"{path.name} is not OPML: its root is <{root.tag}>")
    return [
        (outline.get("xmlUrl"), outline.get("title") or outline.get("text"))
        for outline in root.iter("outline")
        if outline.get("xmlUrl")
    ]
