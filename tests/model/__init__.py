"""An independent model of the engine, written from the docs alone: the judge of a simulation.

It imports nothing of the engine. It is handed a history in commit order, and says of each entry what the API has to
answer and what the wallet has to be after it, in fractions. docs/rewards.md, docs/api.md, docs/uploads.md and
docs/reference-data.md are what it is written from; each rule names its section there.

    model = Model()
    model.take(Entry(1572000000, IMPORT, rows=records))           # JSON objects, as lines of reference data
    till = Partner("DEMO", merchants=("6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F",))      # ids; without any, it may act for all
    answer = model.take(Entry(1572423500, PURCHASE, till, body))  # a body of POST /purchases, as parsed JSON
    answer.outcome, answer.code                                   # POSTED, None; or REFUSED, "SpendLimitException"
    answer.data["awards"], answer.data["spent"]                   # as GET /purchases/{id} tells
    answer.wallet["balance"], answer.wallet["expiring"]           # as GET /wallets/{account} tells
    answer.entry, answer.uses, answer.budgets, answer.codes       # the journal's line; limits, budgets, promo codes
    model.take(Entry(1572423600, RETURN, till, {"reference_number": "R1", "products": [...]}, of=answer.number))
    model.take(Entry(1572423700, CANCEL, till, of=answer.number))
    model.take(Entry(1575158400, EXPIRY))                         # of all wallets; body={"account": id} for one
    model.take(Entry(1575158500, PURCHASE, till, body, api=CREATE, key="..."))   # a classic body, Idempotency-Key
    model.would(Entry(1575158600, CANCEL, till, of=answer.number)).outcome       # what it would be; nothing happens

The engine's ids are its own affair: `Answer.number` is what the model calls an event, the place of its entry in the
history, and a cancellation or a return names its purchase by that. Amounts of bodies may be ints, Decimals or floats.
`Model.of(history)` computes everything anew.
"""
