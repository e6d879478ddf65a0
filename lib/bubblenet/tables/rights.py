"""The table of what pages and sites say about the use of their text."""

from __future__ import annotations

from bubblenet.tables.declaration import VERDICT, Table, columns

RIGHTS = Table(
    "rights",
    "One signal of a page about itself, or of a site file (robots.txt, tdmrep.json) about a page; docs/rights.md lists the forms.",
    columns(
        """
        document_id STRING the document that says it: the page, or the site file
        snapshot STRING snapshot of the page
        url STRING address of the page that it is said of
        host STRING host of that page
        form STRING convention that it follows, one of docs/rights.md: x_robots_tag, aipref, tdmrep, robots_txt, ...
        signal STRING the use or directive: noai, train-ai, disallow, license, ...; null where nothing was understood
        value STRING as written; of disallow the agents that may not fetch the page
        says STRING yes: the use is allowed; no: it is not; unknown: neither, as terms that were not read
        agent STRING for whom it is meant, in lower case; *: for everybody
        place STRING http_header, html_meta, html_link, html_script, json_ld, record, robots_txt or well_known
        licence STRING short name of a licence that was recognised, as cc-by-sa-4.0
        fetched_at STRING when the document that says it was fetched, as the archive states it
        parser_version INT version of the rules that read it
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("document_id", "url", "host", "request_id", "fingerprint", "run_id", "unit", "says"),
)
