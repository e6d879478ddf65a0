"""The jobs, in the order of the method: ingest, segment, deduplicate, backtranslate, score, curate; pipeline runs them all.

Each runs as `spark-submit jobs/<job>.py ...` or `bubblenet <job> ...`; both are the same code.
"""
