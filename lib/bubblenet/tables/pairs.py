"""Tables of the pairs: instructions, their measurements, their verdicts."""

from __future__ import annotations

from bubblenet.tables.declaration import VERDICT, Table, columns

INSTRUCTIONS = Table(
    "instructions",
    "One instruction proposed for a passage, with the verdict of the gates.",
    columns(
        """
        instruction_id STRING hash of segment_id and instruction
        segment_id STRING the passage it asks for
        sample_index INT which of the k sampled candidates, or of the chains tried, from 0; null for extracted ones
        instruction STRING the cleaned instruction; null when nothing could be made of the output
        raw_output STRING what the model wrote, after the opening; of a paraphrase null
        origin STRING generated, extracted (on the page), translated (asked of a translation), cross_lingual (as asked there) or paraphrase
        language STRING language of the passage
        prompt STRING the set of templates it was asked for with, its version in its name; null for extracted ones, as what follows
        template STRING the template of that set
        style STRING asked for as a question, a command or a search_query; learnt: as the model was fine-tuned
        length STRING asked for as short, or as long: with more than it must say
        complexity STRING single, multi_step: asks for steps, or constrained: asks for a form of answer that the passage has
        source_type STRING what the passage was taken for: prose, how_to, reference, faq or code
        asked_language STRING ISO 639-1 code of the language it was asked for in; null where that of the passage is unknown
        opening STRING the beginning of the instruction that the model was given; null where it was free
        closing STRING the sentence that a constrained instruction ends with; of a translated one as the model was asked
        asked_instruction STRING of a translated one what the model asked; null for others
        parent_id STRING the instruction that a paraphrase was made of; null for others
        chain STRING the languages that it, or the passage and it, went through, as en-es-en; null where none did
        meaning DOUBLE probability that it asks for the same, 0 to 1; null where the chain is uncalibrated or it was refused before
        difference DOUBLE how far its wording is from its parent's: 1 - chrF, 0 to 1
        coverage DOUBLE share of the words that the translator knew, 0 to 1
        prompt_tokens BIGINT tokens of the prompt
        output_tokens BIGINT tokens the model wrote
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("instruction_id", "segment_id", "request_id", "fingerprint", "run_id", "unit", "origin"),
)

PASSAGE_SCORES = Table(
    "passage_scores",
    "What depends on the passage alone, measured once a passage.",
    columns(
        """
        segment_id STRING the passage
        log_likelihood DOUBLE log probability of the text in nats, without an instruction
        num_tokens INT tokens that were scored
        perplexity DOUBLE exp(-log_likelihood / num_tokens)
        token_log_likelihoods ARRAY<FLOAT> log probability of each token in order, nats: gains over parts of the text need no second reading
        prompt_tokens BIGINT tokens the model read
        output_tokens BIGINT tokens the model wrote: 0
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("segment_id", "request_id", "fingerprint", "run_id", "unit"),
)

SCORES = Table(
    "scores",
    "One measurement of one pair in one mode; each mode has its own rows and fingerprint.",
    columns(
        """
        instruction_id STRING the instruction of the pair
        segment_id STRING the response of the pair
        mode STRING how it was measured; docs/judging.md lists the modes
        expected_score DOUBLE the rating: mean over its levels, points of an additive rubric, or the score of a rationale
        score_distribution ARRAY<DOUBLE> probability of each level, normalised over them; of an additive rubric: of each point
        format_mass DOUBLE probability that fell on the labels at all, 0 to 1
        log_likelihood DOUBLE log probability of the measured text given the other, nats
        num_tokens INT tokens that were scored
        forward_gain DOUBLE (log p(response | instruction) - log p(response)) per response token, nats
        instruction_following_difficulty DOUBLE perplexity with over without the instruction (IFD); 1 or more: it explains nothing
        reverse_gain DOUBLE (log p(instruction | response) - log p(instruction)) per instruction token, nats
        signals MAP<STRING,DOUBLE> what a calibration can make quality of, by name; see docs/judging.md
        written STRING what the judge wrote: a rationale, or the instruction of mode cycle
        prompt_tokens BIGINT tokens the model read
        output_tokens BIGINT tokens the model wrote: 0 but in modes that generate
        detail STRING the error message of a quarantined row
        """
    )
    + VERDICT,
    statistics=("instruction_id", "segment_id", "mode", "request_id", "fingerprint", "run_id", "unit"),
)

JUDGEMENTS = Table(
    "judgements",
    "One pair's verdict under one policy and round: every instruction ever proposed under the current recipe has a row.",
    columns(
        """
        instruction_id STRING the instruction of the pair
        segment_id STRING the response of the pair
        origin STRING generated, extracted, translated, cross_lingual or paraphrase
        reverse_gain DOUBLE signal, see scores
        forward_gain DOUBLE signal, see scores
        instruction_following_difficulty DOUBLE signal, see scores
        expected_score DOUBLE signal, see scores
        quality DOUBLE 0 to 1, from the rule of the policy; null where the pair was not measured
        is_calibrated BOOLEAN whether quality is a fitted probability; false for the documented rule
        calibration_id STRING which calibration it is from; null for the documented rule
        quality_bound DOUBLE lower end of Wilson's 95 % interval of the share of good pairs with such a quality; null without a calibration
        grade INT 5 or 4 for accepted pairs, null for rejects
        kept BOOLEAN accepted
        registered_domain STRING domain that the pair counts for under the cap of domains; null for files, and for pairs too few for a cap
        reason STRING why not: a gate, hopeless, not_best_candidate, low_quality, not_measured, opted_out, ...; null: accepted
        round INT self-alignment round
        policy STRING name of the curation policy
        recipe_id STRING which fingerprints were current; see recipes
        run_id STRING the run that wrote the row
        """
    ),
    partitioned_by=("round", "policy"),
    statistics=("instruction_id", "segment_id", "quality", "grade"),
)

CURATED = Table(
    "curated",
    "The accepted pairs, and only those.",
    columns(
        """
        instruction_id STRING the instruction of the pair
        segment_id STRING the response of the pair
        instruction STRING what is asked
        response STRING the passage, byte for byte as in segments
        quality DOUBLE 0 to 1, see judgements
        quality_bound DOUBLE lower bound of quality, see judgements
        grade INT 5 or 4
        origin STRING generated, extracted, translated, cross_lingual or paraphrase
        language STRING language of the response
        instruction_language STRING language of the instruction, where it was asked for in one; else that of the response
        url STRING page of the earliest occurrence
        document_id STRING document of the earliest occurrence
        heading_path ARRAY<STRING> headings above the earliest occurrence
        first_snapshot STRING snapshot of the earliest occurrence
        declared_licence STRING licence claim of that page
        round INT self-alignment round
        policy STRING name of the curation policy
        recipe_id STRING which fingerprints were current; see recipes
        judgements_version BIGINT version of judgements these rows were taken from
        """
    ),
    partitioned_by=("round", "policy"),
    statistics=("instruction_id", "segment_id", "quality", "grade", "language", "first_snapshot"),
)
