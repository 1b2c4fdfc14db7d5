"""What may tell who a patient is: the kinds of the HIPAA safe-harbour list (45 CFR 164.514(b)(2)), as words show them.

Each file looks for one sort of thing and answers with where it stands. Nothing here says that a text is clean.
"""
