"""Values of Arrow arrays as Python values: one that Python cannot hold is null, and costs no other."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyarrow import types

_NO_VALUE = (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, ImportError, OSError, pa.ArrowException)
"""What the types raise for years beyond 9999, unknown time zones, too many digits."""

_PLAINER = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
    pa.date64(): pa.int64(),
}
_LISTS = (
    (types.is_list, pa.list_),
    (types.is_large_list, pa.large_list),
    (types.is_list_view, pa.list_view),
    (types.is_large_list_view, pa.large_list_view),
)


def python_value(array: pa.Array, index: int) -> Any:
    """A value of a sound array. Structs and maps become dicts, in which the first of equal names counts; dictionaries, their values."""
    try:
        return _nested(array, index) if types.is_nested(array.type) else array[index].as_py()
    except _NO_VALUE:
        return None


def sound(array: pa.Array) -> pa.Array:
    """The array if its values can be read safely; else with texts that are not UTF-8 as bytes, and numbers out of range as numbers.

    Raises pa.ArrowInvalid for a damaged array.
    """
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        array = array.storage if isinstance(array, pa.ExtensionArray) else array
        array = array.view(_plainer(array.type))
        array.validate(full=True)
    return array


def _plainer(dtype: pa.DataType) -> pa.DataType:
    """A type of the same layout that any bytes are values of."""
    if plain := _PLAINER.get(dtype):
        return plain
    if types.is_time(dtype):
        return pa.int64() if dtype.bit_width == 64 else pa.int32()
    if types.is_decimal(dtype):
        return pa.binary(dtype.byte_width)
    if types.is_struct(dtype):
        return pa.struct([_plainer_field(dtype.field(index)) for index in range(dtype.num_fields)])
    if types.is_map(dtype):
        return pa.map_(_plainer_field(dtype.key_field), _plainer_field(dtype.item_field))
    if types.is_fixed_size_list(dtype):
        return pa.list_(_plainer_field(dtype.value_field), dtype.list_size)
    for is_of_kind, make in _LISTS:
        if is_of_kind(dtype):
            return make(_plainer_field(dtype.value_field))
    if types.is_dictionary(dtype):
        return pa.dictionary(dtype.index_type, _plainer(dtype.value_type), dtype.ordered)
    return dtype


def _plainer_field(field: pa.Field) -> pa.Field:
    return field.with_type(_plainer(field.type))


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
        return {_name(python_value(keys, number)): python_value(items, number) for number in range(len(values))}
    return [python_value(values, number) for number in range(len(values))]


def _name(key: Any) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
