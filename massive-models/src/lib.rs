//! Intent-and-slot models on the MASSIVE corpus.
