"""Tables as released versions wrote them: what they hold has to stay readable, replayable and provable for good.

`written.py` reads them, `write.py` writes the next one, by doing all of `scenario.py` with `programme.jsonl`.
"""
