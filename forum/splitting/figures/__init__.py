"""What is said of a proposal: its groups, names, mail and advice, each number with a sentence."""
