"""Measures Presidio's default English pattern recognisers (no language model) on the first lines of the benchmark text.

Usage: presidio.py TEXT [BYTES]. Needs `pip install presidio-analyzer`.
"""
import statistics
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine


class Tokens(NlpEngine):
    """A blank tokenizer: what Presidio's recognisers need, without a model."""

    def __init__(self):
        self.nlp = spacy.blank("en")

    def load(self):
        pass

    def is_loaded(self):
        return True

    def process_text(self, text, language):
        doc = self.nlp(text)
        return NlpArtifacts([], doc, [t.idx for t in doc], [t.text.lower() for t in doc], self, language)

    def process_batch(self, texts, language, **kwargs):
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word, language):
        return self.nlp.vocab[word].is_stop

    def is_punct(self, word, language):
        return self.nlp.vocab[word].is_punct

    def get_supported_entities(self):
        return []

    def get_supported_languages(self):
        return ["en"]


registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=["en"])
registry.recognizers = [r for r in registry.recognizers if "Spacy" not in type(r).__name__]
engine = AnalyzerEngine(registry=registry, nlp_engine=Tokens(), supported_languages=["en"])
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
limit = int(sys.argv[2]) if len(sys.argv) > 2 else 65536
size, times = 0, []
engine.analyze(lines[0], language="en")
start = time.thread_time()
for line in lines:
    if size > limit:
        break
    begin = time.perf_counter()
    engine.analyze(line, language="en", score_threshold=0.4)
    times.append(time.perf_counter() - begin)
    size += len(line.encode()) + 1
seconds = time.thread_time() - start
print(f"Presidio, default English set: {size / 1e6 / seconds:.4f} MB/s, line p50 {statistics.median(times) * 1e6:.0f} us")
