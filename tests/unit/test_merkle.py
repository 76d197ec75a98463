"""Merkle trees as RFC 9162 has them, with the vectors that Certificate Transparency logs are tested with."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.merkle import EMPTY, Tree, levels, path, root_of_path

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"]


def digests(count: int) -> list[str]:
    return [hashlib.sha256(bytes([number])).hexdigest() for number in range(count)]


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(count: int) -> None:
    tree = Tree()
    for each in LEAVES[:count]:
        tree.add(each)
    assert tree.root() == ROOTS[count - 1]
    assert levels(LEAVES[:count])[-1][0].hex() == ROOTS[count - 1]


def test_nothing_has_the_root_of_nothing() -> None:
    assert Tree().root() == EMPTY == hashlib.sha256(b"").hexdigest()


@given(st.integers(1, 70), st.data())
def test_every_leaf_has_its_path_and_no_other(size: int, data: st.DataObject) -> None:
    found, index = digests(size), data.draw(st.integers(0, size - 1))
    tree, streamed = levels(found), Tree()
    for each in found:
        streamed.add(each)
    root, way = streamed.root(), path(index, tree)
    assert root == tree[-1][0].hex() == root_of_path(found[index], index, size, way)
    assert root_of_path("ff" * 32, index, size, way) != root
    assert root_of_path(found[index], index, size, [*way, "00" * 32]) != root
    assert root_of_path(found[index], size, size, way) is None
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_of_path(found[index], other, size, way) != root
    if way:
        assert root_of_path(found[index], index, size, way[:-1]) != root
        changed = data.draw(st.integers(0, len(way) - 1))
        assert root_of_path(found[index], index, size,
                            [*way[:changed], "ab" * 32, *way[changed + 1:]]) != root


def test_what_is_not_hexadecimal_is_refused() -> None:
    with pytest.raises(ValueError, match="fromhex"):
        Tree().add("xyz")
