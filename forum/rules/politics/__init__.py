"""Tells partisan politics from professional policy and from medicine, in plain Python with weights that can be read.

Knows neither groups nor rules: `forum.rules.political` makes a check of it.
"""

from forum.rules.politics.model import Label, Model, Sentence, Verdict, Weight, score, shipped_model, shipped_versions

__all__ = ["Label", "Model", "Sentence", "Verdict", "Weight", "score", "shipped_model", "shipped_versions"]
