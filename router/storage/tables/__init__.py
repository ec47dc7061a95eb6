"""The tables. Safety is in the unique indexes, each with its reason beside it."""
