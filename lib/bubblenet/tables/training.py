"""Tables of training: the data that models learn from besides the curated pairs."""

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

MODELS = Table(
    "models",
    "One fine-tuned model; `model:` and its id name it wherever the settings ask for a model.",
    columns(
        """
        model_id STRING hash of the starting weights, the data and the settings that decide the result
        parent STRING the model that was fine-tuned: a package or a folder
        parent_digest STRING digest of its weights
        weights_digest STRING digest of the trained weights, as it enters the fingerprints of stages
        location STRING folder of the trained weights; a relative one is below the warehouse
        direction STRING forward: it answers; backward: it guesses the instruction of a passage
        export STRING folder of the export that it was trained on
        data_sha256 STRING digest of that export
        held_out_share DOUBLE seeds.held_out_share of that export: what it may be assessed with
        data_versions MAP<STRING,BIGINT> versions of the tables that the export was made of
        hyper_parameters STRING JSON of all that the id is a hash of
        num_examples BIGINT examples, or packed sequences, that were there to train on
        num_left_out BIGINT examples whose prompt fills training.max_tokens
        num_cut BIGINT examples whose completion goes beyond training.max_tokens: cut, or left out, as training.long_completions says
        num_steps BIGINT steps in which the weights changed
        num_tokens BIGINT tokens read in training, padding left out
        num_processes INT processes that trained
        seconds DOUBLE wall time of training, every start after a kill included
        loss_curve ARRAY<STRUCT<step:BIGINT,tokens:BIGINT,loss:DOUBLE>> training loss a completion token, in nats
        validation_loss_before DOUBLE mean over validation examples of the loss a completion token, before training; null without any
        validation_loss DOUBLE the same after training
        run_id STRING the run that wrote the row
        created_at TIMESTAMP when it was written
        versions STRING JSON: versions of bubblenet, pyspark, delta, torch, transformers
        """
    ),
)

ROUNDS = Table(
    "rounds",
    "One round of self-alignment: what its model was trained on, how good it is, and whether the next one builds on it.",
    columns(
        """
        round INT number of the round; 0: M0, of seeds alone
        policy STRING name of the curation policy
        model STRING the model of the round
        parent STRING the model that judged for it, and that it is compared with; of M0 the starting model
        start STRING the model that was fine-tuned, which it is compared with too
        backward STRING the model that wrote the instructions
        export STRING folder of what it was trained on
        data_sha256 STRING digest of that export
        num_curated BIGINT accepted pairs of the round
        num_left_out BIGINT curated pairs left out: they share text with held-out seeds, or their page is one of rounds.labels
        bound_on_start DOUBLE lower end of the interval of the gain on start on the half of the seeds that decides; promoted only above 0
        bound_on_parent DOUBLE the same above its parent's
        gain_on_start DOUBLE held-out log-likelihood a token above that of the starting model, in nats, mean over the half that is reported
        gain_on_parent DOUBLE the same above its parent's
        num_deciding BIGINT held-out seeds in the half that decides
        num_reporting BIGINT held-out seeds in the half that is reported
        num_tokens BIGINT tokens that its training read, prompts included
        num_steps BIGINT steps of its training
        parent_tokens BIGINT tokens that the training of its parent read; null for round 0
        agreement DOUBLE Kendall tau between the qualities of this round and of the last one over the same pairs; null for rounds 0 and 1
        length_ratio DOUBLE characters of its answers to held-out seeds over those of its parent
        decision STRING promoted, or refused: the loop stops
        reason STRING nothing_curated, unequal_tokens, unproven_gain_on_start, ..._on_parent, judges_disagree, length_drift; null: promoted
        rules STRING JSON of section rounds of the settings
        run_id STRING the run that wrote the row
        created_at TIMESTAMP when it was written
        """
    ),
)
