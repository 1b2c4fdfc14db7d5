"""Private answers from one member to another: both mail addresses stay hidden, and either can end it."""
