"""Tables of training: what models learn from besides the curated pairs."""

from __future__ import annotations

from bubblenet.tables.declaration import VERDICT, Table, columns

SEEDS = Table(
    "seeds",
    "One line of a file of human or project-written pairs; the first of equal pairs is kept.",
    columns(
        """
        seed_id STRING hash of instruction and response, folded; null where the line holds no pair
        instruction STRING what is asked, with the text it is asked of
        response STRING the answer
        kind STRING kind of task, as the file says: question_answering, summarization, ...
        language STRING ISO 639-1 code of the instruction: as the file says, else from the text
        language_agrees BOOLEAN whether the text is in the language that the file says; null when either says nothing
        response_language STRING ISO 639-1 code of the response, from the text; und where it is too short
        split_position DOUBLE 0 to 1 by hash of the instruction; below seeds.held_out_share the seed is held out from training
        source STRING where the pair comes from, as the file says
        licence STRING licence of the file, as given at import
        origin STRING human, project: written for it, or reviewed: made by a model and read by a person
        file STRING the file it was read from
        line BIGINT number of the line, from 1
        detail STRING what is wrong with the line, or the seed_id of the pair that stands for it
        """
    )
    + VERDICT,
    statistics=("seed_id", "request_id", "fingerprint", "run_id", "unit", "language", "kind"),
)
