"""Suppresses progress bars and notices of the model libraries for the duration of one call."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Let only errors through. The process's settings are restored afterwards."""
    from transformers.utils import logging as notices

    level, has_bar = notices.get_verbosity(), notices.is_progress_bar_enabled()
    torch_log = logging.getLogger("torch")
    torch_level = torch_log.level
    notices.set_verbosity_error()
    notices.disable_progress_bar()
    torch_log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        notices.set_verbosity(level)
        torch_log.setLevel(torch_level)
        if has_bar:
            notices.enable_progress_bar()
