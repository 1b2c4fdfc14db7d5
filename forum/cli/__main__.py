"""`python -m forum.cli`: the command `banyan` where its script is not on the path; `up` starts its children so."""

from forum.cli import main

main()
