"""From a page to blocks of Markdown: its own content, without what stands around it."""
