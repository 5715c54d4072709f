"""The newest API: request models and answers."""
