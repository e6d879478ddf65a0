"""The error tree: every message says wanted, got and what to do, and survives the way from a worker to the driver."""

from __future__ import annotations

import pickle

import pytest

from bubblenet import errors
from bubblenet.errors import BubblenetError


def error_classes() -> list[type[BubblenetError]]:
    return [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, BubblenetError)]


def test_a_message_says_wanted_got_and_what_to_do():
    error = errors.InputError("a folder of pages", "an empty one", "Name another.")

    assert str(error) == "wanted a folder of pages; got an empty one. Name another."


@pytest.mark.parametrize("error_class", error_classes())
def test_an_error_keeps_its_parts_when_pickled(error_class: type[BubblenetError]):
    returned = pickle.loads(pickle.dumps(error_class("this", "that", "Do so.")))  # noqa: S301

    assert type(returned) is error_class
    assert (returned.wanted, returned.got, returned.todo) == ("this", "that", "Do so.")


@pytest.mark.parametrize("error_class", [value for value in error_classes() if value is not BubblenetError])
def test_an_error_is_also_the_built_in_that_a_caller_expects(error_class: type[BubblenetError]):
    assert issubclass(error_class, (ValueError, RuntimeError))


@pytest.mark.parametrize("error_class", error_classes())
def test_the_tree_in_the_docstring_shows_every_class(error_class: type[BubblenetError]):
    assert error_class.__name__ in (errors.__doc__ or "")
