"""Times Striate beside other frameworks: needs nothing but Python's standard library."""
