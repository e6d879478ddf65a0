"""The peer of `make bench-corpus`: datatrove's FineWeb pipeline, in datatrove's own environment. Prints one JSON line with its times.

The steps are those of its published example for FineWeb (URL filter left out): trafilatura, language, Gopher repetition, Gopher, C4 and
FineWeb quality, MinHash of word 5-grams in 14 bands of 8. Two things differ, on purpose. Its language model must be downloaded, so
language is told by py3langid on the first 600 characters; ours reads as many or more. Its rule on English stop words is off, since it
would throw away every other language unread.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.hashing import HashConfig

SAMPLE_CHARACTERS = 600
BANDS = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8, n_grams=5)


class Language(BaseFilter):
    """Names the language of a document, and keeps it whatever it is."""

    name = "language"
    _identifier = None

    def filter(self, doc: Document) -> bool:
        """Always true."""
        if self._identifier is None:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        code, probability = self._identifier.classify(doc.text[:SAMPLE_CHARACTERS])
        doc.metadata |= {"language": str(code), "language_score": float(probability)}
        return True


def main() -> None:
    """Run everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("warc", "text"))
    parser.add_argument("pages", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    started = time.perf_counter()
    for name, steps, tasks in stages(arguments.kind, arguments.pages, arguments.out, arguments.cores):
        LocalPipelineExecutor(steps, tasks=tasks, workers=min(tasks, arguments.cores), logging_dir=str(arguments.out / "logs" / name)).run()
    num_kept = json.loads((arguments.out / "logs/filter/stats.json").read_text())[-1]["stats"]["total"]
    print(json.dumps({"seconds": time.perf_counter() - started, "kept": num_kept if isinstance(num_kept, int) else num_kept["total"]}))


def stages(kind: str, pages: Path, out: Path, cores: int) -> list[tuple[str, list[PipelineStep], int]]:
    """(name, steps, tasks) in order. One task a core where it may be chosen: each one loads its tokenizer anew."""
    clean, signatures, buckets, removed = (str(out / name) for name in ("clean", "signatures", "buckets", "removed"))
    reading = [WarcReader(str(pages)), Trafilatura(favour_precision=True)] if kind == "warc" else [JsonlReader(str(pages), id_key="url")]
    return [
        ("quality", [*reading, Language(), *quality(), JsonlWriter(clean)], cores),
        ("signatures", [JsonlReader(clean), MinhashDedupSignature(signatures, config=BANDS)], cores),
        ("buckets", [MinhashDedupBuckets(signatures, buckets, config=BANDS)], BANDS.num_buckets),
        ("clusters", [MinhashDedupCluster(buckets, removed, config=BANDS)], 1),
        ("filter", [JsonlReader(clean), MinhashDedupFilter(removed), JsonlWriter(str(out / "kept"))], cores),
    ]


def quality() -> list[PipelineStep]:
    """The rules of FineWeb's example."""
    return [
        GopherRepetitionFilter(),
        GopherQualityFilter(min_stop_words=None),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
    ]


if __name__ == "__main__":
    main()
