"""How fast it is, beside the floors of the same run: `make bench`, bench/README.md."""
