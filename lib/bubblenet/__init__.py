"""Bubblenet: distributed instruction backtranslation (Li et al. 2023, arXiv:2308.06259) on Spark and Delta.

The method in twenty lines; each line is a job, each name on the left a Delta table.

files         = list the files under the input paths                  jobs/ingest.py
documents     = read and decode every page of every file              jobs/ingest.py
segments      = cut pages at their headings into passages             jobs/segment.py
minhash_index = sign every passage; set evaluation items apart        jobs/deduplicate.py
duplicates    = pick one passage for each group of near duplicates    jobs/deduplicate.py
instructions  = extract the question above the passage, or sample     jobs/backtranslate.py
                k instructions per passage from the backward model
scores        = measure each (instruction, passage) pair with the     jobs/score.py
                forward model: likelihood gains and a rating
judgements    = combine the signals into one quality and a verdict    jobs/curate.py
curated       = the accepted pairs, ready for fine-tuning             jobs/curate.py

Every job reads what is new, transforms it and appends it once; this is implemented once, in bubblenet.kernel.stage. Verdicts follow from
whole tables and are replaced where something moved: bubblenet.kernel.set_stage.
"""

__version__ = "0.1.0"
