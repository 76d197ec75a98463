"""`python -m nlp.training`; the work is in `run`, where the processes that it starts can find it."""

from nlp.training.run import main

if __name__ == "__main__":
    main()
