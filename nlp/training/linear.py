"""Fits the n-gram reader: one logistic regression for each intent, on hashed features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from nlp.ngrams import BITS, INTENTS, features
from nlp.training.data import Example


def matrix(examples: Sequence[Example]) -> csr_matrix:
    """(messages, slots)."""
    rows, columns, values = [], [], []
    for number, example in enumerate(examples):
        found = features(f"{example.subject}\n{example.text}", example.context)
        rows += [number] * len(found)
        columns += list(found)
        values += list(found.values())
    return csr_matrix((values, (rows, columns)), (len(examples), 1 << BITS), dtype=np.float32)


def targets(examples: Sequence[Example]) -> NDArray[np.float32]:
    """(messages, intents), 1 where the intent is one of the message's."""
    return np.array([[intent in example.intents for intent in INTENTS] for example in examples], np.float32)


def fit(examples: Sequence[Example], strength: float = 8.0) -> NDArray[np.float16]:
    """Weights for `Ngrams`."""
    given, wanted = matrix(examples), targets(examples)
    columns = []
    for number in range(len(INTENTS)):
        model = LogisticRegression(C=strength, solver="liblinear", max_iter=200, random_state=0)
        model.fit(given, wanted[:, number])
        columns.append(np.append(model.coef_[0], model.intercept_[0]))
    return np.array(columns, np.float16).T.copy()
