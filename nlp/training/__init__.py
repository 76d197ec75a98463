"""Makes the weights in `nlp/weights/` from the corpus: `make train`. Needs the `train` extra; not for run time."""
