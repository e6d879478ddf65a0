"""Bubblenet: distributed instruction backtranslation (Li et al. 2023, arXiv:2308.06259) on Spark and Delta.

The method in twenty lines; each line is a job, each arrow a Delta table.

    files         = list what lies under the input paths                  jobs/ingest.py
    documents     = read and decode every page of every file              jobs/ingest.py
    segments      = cut pages at their headings into passages             jobs/segment.py
    minhash_index = sign every passage; set evaluation items apart        jobs/deduplicate.py
    duplicates    = say which passage stands for its near copies          jobs/deduplicate.py
    instructions  = take the question that stands on the page, or let     jobs/backtranslate.py
                    the backward model guess k instructions a passage
    scores        = measure each (instruction, passage) pair with the     jobs/score.py
                    forward model: likelihood gains and a rating
    judgements    = join the signals into one quality and a verdict       jobs/curate.py
    curated       = the accepted pairs, ready for fine-tuning             jobs/curate.py

Every job reads what is new, transforms it and appends it once; that sentence is written once, in bubblenet.kernel.stage.
"""

__version__ = "0.1.0"
