"""A zip whose bytes follow from its files alone, so that any other byte shows. Pure; nothing is compressed.

Without compression there is nothing to unpack that could be larger than what came.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

FIRST = ("proof.html", "manifest.json", "manifest.sig")  # what a person looks for
BROKEN = (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OverflowError, EOFError, IndexError)
_LOCAL = struct.Struct("<4s22xHH")  # signature, lengths of name and of extra field (APPNOTE.TXT 4.3.7)
_MADE = (1980, 1, 1, 0, 0, 0)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Stored, in one order, with one date and no attribute of the machine. Names are ASCII."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=_place):
            info = zipfile.ZipInfo(name, _MADE)
            info.create_system, info.external_attr = 3, 0o600 << 16
            archive.writestr(info, files[name])
    return out.getvalue()


def _place(name: str) -> tuple[int, str]:
    return (FIRST.index(name), "") if name in FIRST else (len(FIRST), name)


def unpack(data: bytes) -> dict[str, bytes]:
    """The files as they lie there, checksums unread. Raises ValueError when it is no such zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
        files = {info.filename: _stored(data, info) for info in infos}
    except BROKEN as error:
        raise ValueError(f"it cannot be read as a zip ({error})") from error
    if len(files) != len(infos):
        raise ValueError("two files have one name")
    return files


def _stored(data: bytes, info: zipfile.ZipInfo) -> bytes:
    signature, name, extra = _LOCAL.unpack_from(data, info.header_offset)
    start = info.header_offset + _LOCAL.size + name + extra
    if signature != b"PK\3\4" or info.compress_type != zipfile.ZIP_STORED or start + info.file_size > len(data):
        raise ValueError("a file in it is not stored as it was")
    return data[start : start + info.file_size]
