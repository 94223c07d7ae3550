"""`python -m examengine` is the console script."""

from examengine.cli import main

main()
