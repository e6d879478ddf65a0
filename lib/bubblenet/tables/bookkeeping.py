"""Tables for bookkeeping: recipes and the ledger."""

from __future__ import annotations

from bubblenet.tables.declaration import Table, columns

_RECIPE = columns(
    """
    recipe_id STRING hash of all stage fingerprints
    stage STRING name of the stage
    fingerprint STRING its fingerprint
    parts STRING JSON of what went into the fingerprint
    created_at TIMESTAMP when the recipe was first used
    """
)
RECIPES = Table("recipes", "Which fingerprint of each stage belonged together in a run.", _RECIPE)

RUNS = Table(
    "runs",
    "The ledger: one unit of work. Rebuilt from the tables' own commits when a crash lost a row; the tables are the truth.",
    columns(
        """
        run_id STRING one start of a job
        stage STRING name of the stage
        unit INT number of the unit within run and stage
        snapshot STRING snapshot the run was given
        fingerprint STRING fingerprint of the stage
        target STRING table that was written
        target_version BIGINT version of the table that the unit made
        num_requests BIGINT requests in the unit; 0 of curate, publish and select, which answer none
        num_rows BIGINT rows written
        num_kept BIGINT rows kept
        filtered MAP<STRING,BIGINT> rows filtered by reason
        quarantined MAP<STRING,BIGINT> rows quarantined by reason
        prompt_tokens BIGINT tokens the model read
        output_tokens BIGINT tokens the model wrote
        seconds DOUBLE wall time of the unit; null when the row was rebuilt after a crash
        finished_at TIMESTAMP time of the commit
        versions STRING JSON: versions of bubblenet, pyspark, delta, torch, transformers
        """
    ),
)
