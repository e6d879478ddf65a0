"""Tables of assessment: the models' answers to held-out seeds, and their evaluation."""

from __future__ import annotations

from bubblenet.tables.declaration import VERDICT, Table, columns

ANSWERS = Table(
    "answers",
    "One answer of one model to a held-out seed, beside the one that a person gave.",
    columns(
        """
        seed_id STRING the seed
        direction STRING forward: its response was asked for; backward: its instruction was; constrained: its response, under a constraint
        text STRING what the model wrote, greedily
        is_finished BOOLEAN whether the model ended by itself before assessment.max_new_tokens
        log_likelihood DOUBLE log probability of the person's text after the same question, in nats; null under a constraint
        num_tokens INT tokens of the person's text
        bleu DOUBLE BLEU of the text against the person's, 0 to 100, with effective order
        chrf DOUBLE chrF2 of the two, 0 to 100
        rouge_l DOUBLE F of their longest common subsequence of words, 0 to 100
        constraint STRING kind of constraint the instruction had: length, list, json, keyword or language
        is_met BOOLEAN whether the text keeps to it, as code finds
        prompt_tokens BIGINT tokens the model read
        output_tokens BIGINT tokens the model wrote
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("seed_id", "request_id", "fingerprint", "run_id", "unit", "direction"),
)

COMPARISONS = Table(
    "comparisons",
    "What a judge said of two answers to one held-out seed, in one order; the other order is a row of its own.",
    columns(
        """
        seed_id STRING the seed
        first_wins DOUBLE probability that the first answer is the better one, of the two letters alone
        mass DOUBLE probability of both letters together, 0 to 1
        prompt_tokens BIGINT tokens the judge read
        output_tokens BIGINT tokens the judge wrote: 0
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("seed_id", "request_id", "fingerprint", "run_id", "unit"),
)

EVALUATIONS = Table(
    "evaluations",
    "One measured quality of a model, or its difference from another one, with the interval that holds the true mean.",
    columns(
        """
        model STRING the model, as it was named; the word reference: the person's answers
        baseline STRING the model that it is compared with, seed by seed; the words null, other_reference: controls; NULL: no comparison
        direction STRING forward or backward
        metric STRING log_likelihood, bleu, chrf, rouge_l, characters, constraints_met, win_rate..., order_consistency, curation_...
        kind STRING kind of task, of constraint, or origin of pairs; or all
        num_items BIGINT held-out seeds that were asked; of curation_... labelled pairs
        value DOUBLE mean over them, each counting the same; with a baseline the mean difference; shares are 0 to 1
        low DOUBLE lower end of the interval at assessment.confidence, normal, of curation_... Wilson's; null for fewer than two seeds
        high DOUBLE its upper end
        fingerprint STRING of the answers of the model; of curation_... of its calibration and the wanted grade
        baseline_fingerprint STRING of the answers of the baseline
        seeds_version BIGINT version of table seeds; null of curation_...
        run_id STRING the run that wrote the row
        created_at TIMESTAMP when it was written
        """
    ),
)
