"""What two headlines mean: a small cross-encoder that reads both at once."""
