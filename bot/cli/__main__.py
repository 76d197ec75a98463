"""`python -m bot.cli`: the same as `consentry`, for an environment whose scripts are not on the path."""

from bot.cli import main

main()
