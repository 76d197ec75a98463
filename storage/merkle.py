"""Merkle trees over the hashes of ledger entries (RFC 9162, 2.1): SHA-256, leaf 0x00, node 0x01. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256().hexdigest()  # the root of nothing


def leaf(digest: str) -> bytes:
    """The leaf of one entry: its hash as bytes. Raises ValueError when it is not hexadecimal."""
    return hashlib.sha256(b"\0" + bytes.fromhex(digest)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The root of leaves that come one by one; what is kept grows with the logarithm of their number."""

    def __init__(self) -> None:
        """Empty."""
        self._whole: list[tuple[int, bytes]] = []  # complete subtrees, the widest first: (height, root)

    def add(self, digest: str) -> None:
        """One more entry. Raises ValueError when its hash is not hexadecimal."""
        height, root = 0, leaf(digest)
        while self._whole and self._whole[-1][0] == height:
            root = _node(self._whole.pop()[1], root)
            height += 1
        self._whole.append((height, root))

    def root(self) -> str:
        """Hex of the Merkle tree hash of what was added."""
        if not self._whole:
            return EMPTY
        *left, (_, root) = self._whole
        for _, each in reversed(left):
            root = _node(each, root)
        return root.hex()


def levels(digests: Sequence[str]) -> list[list[bytes]]:
    """Every level of the tree, leaves first, at least one leaf; a node without a sibling goes up as it is."""
    found = [[leaf(digest) for digest in digests]]
    while len(found[-1]) > 1:
        below = found[-1]
        above = [_node(*below[place : place + 2]) for place in range(0, len(below) - 1, 2)]
        found.append(above + below[len(below) & ~1 :])
    return found


def path(index: int, tree: Sequence[Sequence[bytes]]) -> list[str]:
    """The inclusion path of the leaf at `index` (RFC 9162, 2.1.3.1), hex, from the leaf up."""
    found = []
    for level in tree[:-1]:
        beside = index ^ 1
        if beside < len(level):
            found.append(level[beside].hex())
        index >>= 1
    return found


def root_of_path(digest: str, index: int, size: int, path: Sequence[str]) -> str | None:
    """The root that this path leads to (RFC 9162, 2.1.3.2); None when no path of such a tree is so long or short.

    Raises ValueError for what is not hexadecimal.
    """
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf(digest)
    for each in path:
        if last == 0:
            return None
        beside = bytes.fromhex(each)
        if place & 1 or place == last:
            root = _node(beside, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = _node(root, beside)
        place, last = place >> 1, last >> 1
    return root.hex() if last == 0 else None
