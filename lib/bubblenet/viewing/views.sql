-- The views over the tables. Every table is a view under its plain name already; nothing here is stored in the warehouse.

-- A recipe names the fingerprint of each stage that its rows were made with: rows of older rules never mix in.
CREATE OR REPLACE TEMPORARY VIEW recipe_fingerprints
COMMENT 'The fingerprints of the corpus stages of each recipe, side by side.'
AS
SELECT
  recipe_id,
  max(fingerprint) FILTER (WHERE stage = 'ingest') AS ingest,
  max(fingerprint) FILTER (WHERE stage = 'segment') AS segment,
  max(fingerprint) FILTER (WHERE stage = 'deduplicate') AS deduplicate
FROM recipes
GROUP BY recipe_id;

CREATE OR REPLACE TEMPORARY VIEW curated_5
COMMENT 'The accepted pairs of grade 5.'
AS
SELECT * FROM curated WHERE grade = 5;

CREATE OR REPLACE TEMPORARY VIEW curated_4
COMMENT 'The accepted pairs of grade 4 or better.'
AS
SELECT * FROM curated WHERE grade >= 4;

-- One selection of a round and policy: WHERE selection = 'main' AND round = ... AND policy = ... ORDER BY rank.
CREATE OR REPLACE TEMPORARY VIEW selected
COMMENT 'The taken pairs of every selection with their texts: rank 1 was taken first.'
AS
SELECT
  selections.selection, selections.rank, selections.gain, selections.task, selections.registered_domain, selections.nearest_id,
  selections.nearest_similarity, selections.selection_id, curated.*
FROM selections
JOIN curated
  ON curated.instruction_id = selections.instruction_id
  AND curated.round = selections.round
  AND curated.policy = selections.policy
WHERE selections.kept;

-- One line for each reason, `taken` among them; the share is of the accepted pairs of one round and policy.
CREATE OR REPLACE TEMPORARY VIEW selection_yield
COMMENT 'What each selection did with the accepted pairs: how many were taken, and how many were left for which reason.'
AS
SELECT
  round,
  policy,
  selection,
  coalesce(reason, 'taken') AS reason,
  count(*) AS num_pairs,
  round(count(*) / sum(count(*)) OVER (PARTITION BY round, policy, selection), 4) AS share
FROM selections
GROUP BY round, policy, selection, coalesce(reason, 'taken');

-- A duplicate counts as an occurrence of the passage that stands for it. `snapshot` is the partition column of segments, so a predicate on it
-- reads that snapshot alone.
CREATE OR REPLACE TEMPORARY VIEW curated_occurrences
COMMENT 'Every place where an accepted pair stands: WHERE snapshot = ... gives the pairs of one snapshot, whenever they were judged.'
AS
SELECT DISTINCT
  curated.instruction_id,
  segments.snapshot,
  segments.url,
  segments.document_id,
  segments.heading_path
FROM curated
JOIN recipe_fingerprints ON recipe_fingerprints.recipe_id = curated.recipe_id
JOIN duplicates
  ON duplicates.representative_id = curated.segment_id
  AND duplicates.fingerprint = recipe_fingerprints.deduplicate
JOIN segments
  ON segments.segment_id = duplicates.segment_id
  AND segments.fingerprint = recipe_fingerprints.segment
WHERE segments.kept;

-- Equal ids mean equal text, so any row of an id gives the text.
CREATE OR REPLACE TEMPORARY VIEW rejects
COMMENT 'The pairs that were not accepted: the verdict of judgements, with instruction, response and one page of the passage.'
AS
SELECT judgements.*, asked.instruction, passages.response, passages.url
FROM judgements
JOIN (
  SELECT instruction_id, any_value(instruction) AS instruction
  FROM instructions
  WHERE instruction_id IS NOT NULL
  GROUP BY instruction_id
) AS asked ON asked.instruction_id = judgements.instruction_id
JOIN (
  SELECT segment_id, any_value(text) AS response, min_by(url, run_id) AS url
  FROM segments
  WHERE kept
  GROUP BY segment_id
) AS passages ON passages.segment_id = judgements.segment_id
WHERE NOT judgements.kept;

-- Boilerplate shows here: many passages that share a whole band, long before there are so many that comparison is capped.
CREATE OR REPLACE TEMPORARY VIEW hot_bands
COMMENT 'Band keys of the near-duplicate index that more than 20 passages share, and one of them; above deduplication.max_band_rows each is compared with one only.'
AS
SELECT fingerprint, band_key, count(*) AS num_passages, min(segment_id) AS segment_id
FROM minhash_index
LATERAL VIEW explode(band_keys) AS band_key
GROUP BY fingerprint, band_key
HAVING count(*) > 20;

CREATE OR REPLACE TEMPORARY VIEW quarantine
COMMENT 'Every request that could not be worked on: a file or record that cannot be read, a row whose engine call failed.'
AS
SELECT 'files' AS table_name, snapshot, path AS subject, request_id, reason, detail, fingerprint, run_id
FROM files WHERE status = 'quarantined'
UNION ALL
SELECT 'documents', snapshot, concat(path, '#', record_offset), request_id, reason, detail, fingerprint, run_id
FROM documents WHERE status = 'quarantined'
UNION ALL
SELECT 'rights', snapshot, url, request_id, reason, detail, fingerprint, run_id
FROM rights WHERE status = 'quarantined'
UNION ALL
SELECT 'segments', snapshot, document_id, request_id, reason, NULL, fingerprint, run_id
FROM segments WHERE status = 'quarantined'
UNION ALL
SELECT 'minhash_index', NULL, segment_id, request_id, reason, detail, fingerprint, run_id
FROM minhash_index WHERE status = 'quarantined'
UNION ALL
SELECT 'duplicates', NULL, segment_id, request_id, reason, NULL, fingerprint, run_id
FROM duplicates WHERE status = 'quarantined'
UNION ALL
SELECT 'instructions', NULL, segment_id, request_id, reason, detail, fingerprint, run_id
FROM instructions WHERE status = 'quarantined'
UNION ALL
SELECT 'passage_scores', NULL, segment_id, request_id, reason, detail, fingerprint, run_id
FROM passage_scores WHERE status = 'quarantined'
UNION ALL
SELECT 'scores', NULL, instruction_id, request_id, reason, detail, fingerprint, run_id
FROM scores WHERE status = 'quarantined'
UNION ALL
SELECT 'embeddings', NULL, text_id, request_id, reason, detail, fingerprint, run_id
FROM embeddings WHERE status = 'quarantined'
UNION ALL
SELECT 'seeds', NULL, concat(file, ':', line), request_id, reason, detail, fingerprint, run_id
FROM seeds WHERE status = 'quarantined'
UNION ALL
SELECT 'answers', NULL, seed_id, request_id, reason, detail, fingerprint, run_id
FROM answers WHERE status = 'quarantined'
UNION ALL
SELECT 'comparisons', NULL, seed_id, request_id, reason, detail, fingerprint, run_id
FROM comparisons WHERE status = 'quarantined';

-- What is understood as a refusal of some use; which of these uses count, the settings say.
CREATE OR REPLACE TEMPORARY VIEW opt_outs
COMMENT 'What pages and their sites say no to, by form, signal and place, with the number of pages and hosts.'
AS
SELECT fingerprint, form, signal, place, agent, count(DISTINCT url) AS num_pages, count(DISTINCT host) AS num_hosts
FROM rights
WHERE says = 'no'
GROUP BY fingerprint, form, signal, place, agent;

-- Where a pair comes from and what made it, for audits and take-downs. Name the pair: WHERE instruction_id = '...'.
CREATE OR REPLACE TEMPORARY VIEW lineage
COMMENT 'For each judged pair and recipe: all its sources, and the fingerprint and runs of every step that led to it.'
AS
WITH pairs AS (
  SELECT DISTINCT instruction_id, segment_id, recipe_id FROM judgements
),
occurrences AS (
  SELECT
    pairs.instruction_id, pairs.recipe_id, recipe_fingerprints.ingest,
    duplicates.fingerprint AS deduplicate, duplicates.run_id AS deduplicate_run,
    segments.fingerprint AS segment, segments.run_id AS segment_run, segments.snapshot, segments.url, segments.document_id
  FROM pairs
  JOIN recipe_fingerprints ON recipe_fingerprints.recipe_id = pairs.recipe_id
  JOIN duplicates
    ON duplicates.representative_id = pairs.segment_id
    AND duplicates.fingerprint = recipe_fingerprints.deduplicate
  JOIN segments
    ON segments.segment_id = duplicates.segment_id
    AND segments.fingerprint = recipe_fingerprints.segment
  WHERE segments.kept
),
sources AS (
  SELECT
    occurrences.instruction_id,
    occurrences.recipe_id,
    array_sort(collect_set(occurrences.url)) AS urls,
    array_sort(collect_set(occurrences.snapshot)) AS snapshots,
    array_sort(collect_set(occurrences.document_id)) AS document_ids,
    array_sort(collect_set(documents.path)) AS paths,
    array_sort(collect_set(documents.declared_licence)) AS licences,
    collect_set(named_struct('stage', 'ingest', 'fingerprint', occurrences.ingest, 'run_id', documents.run_id)) AS ingested,
    collect_set(named_struct('stage', 'segment', 'fingerprint', occurrences.segment, 'run_id', occurrences.segment_run)) AS segmented,
    collect_set(named_struct('stage', 'deduplicate', 'fingerprint', occurrences.deduplicate, 'run_id', occurrences.deduplicate_run)) AS deduplicated
  FROM occurrences
  LEFT JOIN documents
    ON documents.document_id = occurrences.document_id
    AND documents.snapshot = occurrences.snapshot
    AND documents.fingerprint = occurrences.ingest
  GROUP BY occurrences.instruction_id, occurrences.recipe_id
),
model_steps AS (
  SELECT pairs.instruction_id, pairs.recipe_id, stage, instructions.fingerprint, instructions.run_id
  FROM pairs
  JOIN (
    SELECT instruction_id, fingerprint, run_id, CASE origin WHEN 'extracted' THEN 'extract' WHEN 'generated' THEN 'backtranslate' ELSE origin END AS stage FROM instructions
  ) AS instructions ON instructions.instruction_id = pairs.instruction_id
  UNION ALL
  SELECT pairs.instruction_id, pairs.recipe_id, concat('score/', scores.mode), scores.fingerprint, scores.run_id
  FROM pairs
  JOIN scores ON scores.instruction_id = pairs.instruction_id
  UNION ALL
  SELECT pairs.instruction_id, pairs.recipe_id, 'score/passage', passage_scores.fingerprint, passage_scores.run_id
  FROM pairs
  JOIN passage_scores ON passage_scores.segment_id = pairs.segment_id
),
modelled AS (
  SELECT
    model_steps.instruction_id,
    model_steps.recipe_id,
    collect_set(named_struct('stage', model_steps.stage, 'fingerprint', model_steps.fingerprint, 'run_id', model_steps.run_id)) AS steps
  FROM model_steps
  JOIN recipes
    ON recipes.recipe_id = model_steps.recipe_id
    AND recipes.stage = model_steps.stage
    AND recipes.fingerprint = model_steps.fingerprint
  GROUP BY model_steps.instruction_id, model_steps.recipe_id
)
SELECT
  sources.instruction_id,
  sources.recipe_id,
  sources.urls,
  sources.snapshots,
  sources.document_ids,
  sources.paths,
  sources.licences,
  concat(sources.ingested, sources.segmented, sources.deduplicated, modelled.steps) AS steps
FROM sources
JOIN modelled ON modelled.instruction_id = sources.instruction_id AND modelled.recipe_id = sources.recipe_id;

-- One line for each reason, `kept` among them; the share is of the segments of one snapshot and language.
CREATE OR REPLACE TEMPORARY VIEW segment_yield
COMMENT 'What became of the segments of each snapshot and language: how many were kept, and how many were left out for which reason.'
AS
SELECT
  snapshot,
  fingerprint,
  coalesce(language, 'und') AS language,
  coalesce(reason, 'kept') AS reason,
  count(*) AS num_segments,
  round(count(*) / sum(count(*)) OVER (PARTITION BY snapshot, fingerprint, coalesce(language, 'und')), 4) AS share,
  sum(num_characters) AS num_characters
FROM segments
GROUP BY snapshot, fingerprint, coalesce(language, 'und'), coalesce(reason, 'kept');

-- One line for each reason, `kept` among them; the share is of the instructions of one style. Questions from pages have no style.
CREATE OR REPLACE TEMPORARY VIEW instruction_yield
COMMENT 'What the gates did to the instructions of each style: how many were kept, and how many were left out for which reason.'
AS
SELECT
  fingerprint,
  coalesce(style, origin) AS style,
  coalesce(reason, 'kept') AS reason,
  count(*) AS num_instructions,
  round(count(*) / sum(count(*)) OVER (PARTITION BY fingerprint, coalesce(style, origin)), 4) AS share
FROM instructions
GROUP BY fingerprint, coalesce(style, origin), coalesce(reason, 'kept');

-- One line for each language of kept passages, those included of which nothing was asked or accepted.
CREATE OR REPLACE TEMPORARY VIEW language_yield
COMMENT 'How far the passages of each language came: asked about, with an instruction past the gates, judged, curated; by round and policy.'
AS
WITH passages AS (
  SELECT segment_id, first(coalesce(language, 'und')) AS language FROM segments WHERE kept GROUP BY segment_id
),
asked AS (
  SELECT segment_id, max(kept) AS is_kept FROM instructions GROUP BY segment_id
),
judged AS (
  SELECT round, policy, segment_id, max(quality) AS quality, count_if(kept) AS num_curated FROM judgements GROUP BY round, policy, segment_id
),
scopes AS (
  SELECT DISTINCT round, policy FROM judgements
)
SELECT
  scopes.round,
  scopes.policy,
  passages.language,
  count(*) AS num_passages,
  count(asked.segment_id) AS num_asked,
  count_if(asked.is_kept) AS num_with_instruction,
  count(judged.quality) AS num_judged,
  coalesce(sum(judged.num_curated), 0) AS num_curated,
  round(avg(judged.quality), 3) AS mean_quality
FROM scopes
CROSS JOIN passages
LEFT JOIN asked ON asked.segment_id = passages.segment_id
LEFT JOIN judged ON judged.segment_id = passages.segment_id AND judged.round = scopes.round AND judged.policy = scopes.policy
GROUP BY scopes.round, scopes.policy, passages.language;

-- One line for each chain and reason, `kept` among them.
CREATE OR REPLACE TEMPORARY VIEW translation_yield
COMMENT 'What became of the instructions that went through other languages: by chain, how many were kept, and how many were left out for which reason.'
AS
SELECT
  fingerprint,
  origin,
  chain,
  coalesce(reason, 'kept') AS reason,
  count(*) AS num_instructions,
  round(avg(meaning), 3) AS mean_meaning,
  round(avg(difference), 3) AS mean_difference,
  round(avg(coverage), 3) AS mean_coverage
FROM instructions
WHERE chain IS NOT NULL
GROUP BY fingerprint, origin, chain, coalesce(reason, 'kept');
