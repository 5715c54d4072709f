"""The HTTP surface: request and response models of both APIs, tokens, and errors turned into answers."""
