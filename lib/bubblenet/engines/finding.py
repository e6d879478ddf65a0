"""The profile of a model that the settings name, found from its files once and remembered on this machine."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from bubblenet.engines.profile import PROFILE_VERSION, Arguments, Profile
from bubblenet.engines.weights import TokenizerSource, cache_folder, find_tokenizer


def find_profile(source: str, arguments: Arguments, *, runs_here: bool) -> Profile:
    """The profile of a source (weights.py). arguments: for its chat template. runs_here: whether its attention is computed by this program.

    Finding it takes seconds, since transformers and torch are loaded. Raises ModelError for a model without tokenizer and for attention
    that would be computed wrongly, SettingsError for an argument that the template does not know.
    """
    found = find_tokenizer(source)
    file = _file(found, arguments, runs_here)
    try:
        return Profile.from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):  # none yet, or one that a power failure cut
        profile = _read(found, arguments, runs_here)
    file.parent.mkdir(parents=True, exist_ok=True)
    own = file.with_name(f"{file.name}.{os.getpid()}")
    own.write_text(profile.to_json(), encoding="utf-8")
    own.replace(file)
    return profile


def _read(found: TokenizerSource, arguments: Arguments, runs_here: bool) -> Profile:
    from bubblenet.engines.attention_needs import find_needs
    from bubblenet.engines.tokens import Codec

    attention = find_needs(found.folder, found.gguf) if runs_here else ()
    return replace(Codec.load(found.folder, found.gguf, arguments=arguments).profile, attention=attention)


def _file(found: TokenizerSource, arguments: Arguments, runs_here: bool) -> Path:
    """Where a profile is remembered. What decides it is in the name: files, arguments, and the versions of this code and of the library."""
    deciding = [found.digest, dict(arguments), runs_here, PROFILE_VERSION, version("transformers")]
    return cache_folder() / "profiles" / f"{hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:32]}.json"
