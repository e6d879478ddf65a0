"""Personal data and secrets in the text of pages, replaced by typed placeholders before a page is cut, so that nothing later sees them.

`kinds` declares what is looked for; a module each finds it: `addresses`, `numbers`, `phones`, `credentials`, `names`. `masking` replaces.
"""
