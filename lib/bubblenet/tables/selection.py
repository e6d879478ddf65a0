"""Tables of the selection: vectors of texts, and which accepted pairs were taken."""

from __future__ import annotations

from bubblenet.tables.declaration import VERDICT, Table, columns

EMBEDDINGS = Table(
    "embeddings",
    "The vector of a text, computed once whatever pairs it is in.",
    columns(
        """
        text_id STRING hash of the text: an instruction or a response
        vector BINARY signed bytes, one a component, scaled so that the largest is 127: compare by cosine
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("text_id", "request_id", "fingerprint", "run_id", "unit"),
)

SELECTIONS = Table(
    "selections",
    "One accepted pair in one selection of its round and policy: taken or left, and why. Every accepted pair has a row in each selection.",
    columns(
        """
        selection STRING main, or a control of its size: random_SEED, length_matched_SEED, worst_SEED
        selection_id STRING hash of the settings, code and pairs that it was made from
        instruction_id STRING the instruction of the pair
        segment_id STRING the response of the pair
        kept BOOLEAN taken
        reason STRING why not: below_grade, below_bound, near_duplicate_instruction, not_embedded, a cap (domain_cap, ...), or size
        rank BIGINT place in the order of taking, from 1; null where left
        gain DOUBLE what it added when its neighbourhood was ranked: utility times similarity, summed over the pairs that it stands for
        nearest_id STRING the likest other taken pair of its neighbourhood; of a near-duplicate instruction the better pair; null if none is
        nearest_similarity DOUBLE to that pair, 0 to 1, of instructions and responses; null for near-duplicate instructions
        quality DOUBLE 0 to 1, see judgements
        quality_bound DOUBLE lower bound of quality, see judgements
        grade INT 5 or 4
        language STRING language of the response
        registered_domain STRING domain of the page of its earliest occurrence; null for pages of files
        task STRING kind of task by the form of the instruction; docs/selection.md lists them
        num_characters BIGINT of instruction and response
        num_tokens BIGINT of both by the tokenizer of models.start; null unless selection.tokens is given
        round INT self-alignment round
        policy STRING name of the curation policy
        run_id STRING the run that wrote the row
        """
    ),
    partitioned_by=("round", "policy", "selection"),
    statistics=("instruction_id", "segment_id", "rank"),
)
