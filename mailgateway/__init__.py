"""The mail door: mail in through LMTP, mail out through a smarthost."""
