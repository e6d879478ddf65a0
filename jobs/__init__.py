"""The jobs, in the order of the method: ingest, segment, deduplicate, backtranslate, score, paraphrase, curate; pipeline runs them all.

Each script declares one JOB (bubblenet.app.job) and runs as `spark-submit jobs/x.py ...` or `bubblenet VERB ...`.
"""
