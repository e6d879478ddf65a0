"""Values of Arrow arrays as Python values: one that Python cannot hold is null, and costs no other."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyarrow import types

_NO_VALUE = (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, ImportError, OSError, pa.ArrowException)
"""What the types raise for years beyond 9999, unknown time zones, too many digits."""


def python_value(array: pa.Array, index: int) -> Any:
    """A value of a sound array. Structs and maps become dicts, in which the first of equal names counts; dictionaries, their values."""
    try:
        return _nested(array, index) if types.is_nested(array.type) else array[index].as_py()
    except _NO_VALUE:
        return None


def sound(array: pa.Array) -> pa.Array:
    """The array if its values can be read safely; texts that are not UTF-8 as bytes. Raises pa.ArrowInvalid for a damaged array."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        array = _mended(array)
        array.validate(full=True)
    return array


def _mended(array: pa.Array) -> pa.Array:
    array.validate()  # offsets and buffers: what follows reads them
    if types.is_string(array.type):
        return array.view(pa.binary())
    if types.is_large_string(array.type):
        return array.view(pa.large_binary())
    if types.is_dictionary(array.type):
        return pa.DictionaryArray.from_arrays(array.indices, sound(array.dictionary))
    if types.is_struct(array.type):
        fields = [sound(array.field(index)) for index in range(array.type.num_fields)]
        names = [array.type.field(index).name for index in range(array.type.num_fields)]
        return pa.StructArray.from_arrays(fields, names, mask=array.is_null())
    return array


def _nested(array: pa.Array, index: int) -> Any:
    """A struct, map or list, each of whose values is guarded for itself."""
    if not array[index].is_valid:
        return None
    if types.is_struct(array.type):
        fields = [(array.type.field(number).name, array.field(number)) for number in range(array.type.num_fields)]
        return {name: python_value(field, index) for name, field in reversed(fields)}
    values = array[index].values
    if types.is_map(array.type):
        keys, items = values.field(0), values.field(1)
        return {str(python_value(keys, number)): python_value(items, number) for number in range(len(values))}
    return [python_value(values, number) for number in range(len(values))]
