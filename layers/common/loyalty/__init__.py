"""The loyalty engine: one package, shared by every function and by the operators' command.

Folders point inwards: `api` and `store` know `domain`, `usecases` know `domain` and are handed the store, and
`domain` knows nobody.
"""
