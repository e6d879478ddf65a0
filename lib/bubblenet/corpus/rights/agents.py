"""The crawlers that a site excludes when it does not want its text to train models."""

from __future__ import annotations

DEFAULT_AGENTS = (
    "CCBot", "GPTBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "Applebot-Extended", "Bytespider", "meta-externalagent", "cohere-ai",
)  # fmt: skip
"""Those that crawl for training, or whose name stands for training alone, as their operators document them; and the Common Crawl's."""
