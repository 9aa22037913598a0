"""One-dimensional arrays without nulls in PostgreSQL's binary form, made of numpy's arrays and read into them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

_HEADER = struct.Struct(">iiIii")  # dimensions, flags, type of the elements, length, lower bound
_EMPTY = struct.Struct(">iiI")


class WireArray(bytes):
    """The bytes of an array: a header, then each element's size and value."""

    element: ClassVar[int]  # its type's number in PostgreSQL
    layout: ClassVar[np.dtype[Any]]

    @classmethod
    def of(cls, values: NDArray[Any] | Sequence[float]) -> Self:
        """The array of these values."""
        if not len(values):
            return cls(_EMPTY.pack(0, 0, cls.element))
        elements = np.empty(len(values), cls.layout)
        elements["size"] = cls.layout["value"].itemsize
        elements["value"] = values
        return cls(_HEADER.pack(1, 0, cls.element, len(values), 1) + elements.tobytes())

    @classmethod
    def elements_of(cls, sent: Iterable[bytes | None]) -> NDArray[Any]:
        """The elements of arrays behind one another; an empty array and NULL have none."""
        content = b"".join(each[_HEADER.size :] for each in sent if each is not None)
        values = np.frombuffer(content, cls.layout)["value"]
        return values.astype(np.float64 if values.dtype.kind == "f" else np.int64)


class IntArray(WireArray):
    """integer[]"""

    element = 23
    layout = np.dtype([("size", ">i4"), ("value", ">i4")])


class LongArray(WireArray):
    """bigint[]"""

    element = 20
    layout = np.dtype([("size", ">i4"), ("value", ">i8")])


class FloatArray(WireArray):
    """double precision[]"""

    element = 701
    layout = np.dtype([("size", ">i4"), ("value", ">f8")])
