"""A prepared corpus in, a model out."""
