"""From a page to Markdown blocks: content extraction without boilerplate."""
