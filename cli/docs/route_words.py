"""The descriptions of routes in docs/openapi.json: a summary, and further details."""

WORDS = {
    "create_purchase": """Post a purchase
        Posts it once, however often it is sent: the engine recognizes it by
        `id`, or else by merchant and `reference_number`. A till that knows no baskets sends totals instead of
        `products`, and may leave the reference number out. Then it is recognized by an `Idempotency-Key` header;
        without one each call is posted anew, unless its partner repeats itself (`classic_repeats`).""",
    "preview_purchase": """Show what posting a purchase would do
        Nothing is written. Refused for whatever posting it would be refused for.""",
    "show_purchase": "Show a posted purchase",
    "cancel_purchase": """Cancel a purchase
        Takes back what is left of its awards and gives back what is left of its spends, once, however often it is sent;
        answers the purchase. The body may be left out.""",
    "return_products": """Return some of a purchase's goods
        Takes back and gives back their share of its awards and spends, once, however often it is sent: the engine
        recognizes it by its reference number.""",
    "issue_contact_otp": """Give out a one-time password for a contact
        For the customer to show at a till that sends it as `contact.otp`: good for five minutes and one purchase. The
        body may be left out.""",
    "show_wallet": "Show a wallet",
    "show_journal": "List a wallet's events, newest first",
    "create_upload": """Get a form to send a file of purchases with
        POST the file to `url` as `multipart/form-data`, the `fields` before it. Its purchases are then posted, or only
        checked with `dry_run`.""",
    "show_upload": "Show how far an upload has got, and what became of its purchases",
    "classic_create_purchase": """Post a purchase
        Answers the complete event. Posts each call anew, unless it has an `Idempotency-Key` header or an external
        reference number, or its partner repeats itself (`classic_repeats`).""",
    "classic_preview_purchase": "Show what posting a purchase would do",
    "classic_create_spend": """Post a purchase with its spend request
        Both or neither. Without an amount the spend request spends nothing. Posts each call anew, unless it has an
        `Idempotency-Key` header or an external reference number, or its partner repeats itself (`classic_repeats`).""",
    "classic_show_purchase": """Show a posted purchase
        By its id, its number, or a reference number that no other purchase has.""",
    "classic_get_purchase": """Show a posted purchase
        As by POST; the query says what the body does.""",
    "classic_list_purchases": """List an account's purchases, newest first
        Those that the partner may see. A page may have fewer than `limit`, or none, though there are more.""",
    "classic_show_award": """Show an award
        By its id or number, and the purchase that gave it.""",
    "classic_get_award": """Show an award
        As by POST; the query says what the body does.""",
    "classic_cancel_purchase": """Cancel a posted purchase
        By its id, its number, or a reference number that no other purchase has; once, however often it is sent. Answers
        the complete event.""",
    "classic_bulk_create": """Post many purchases
        Up to 1000 entries, each posted or refused alone; those of one wallet in their order. Posts each entry anew,
        unless the call has an `Idempotency-Key` header or the entry an external reference number.
        With `Prefer: respond-async` the entries become a file, whose upload is answered at once.""",
    "issue_one_time_password": """Give out a one-time password for an access token
        For the customer to show instead of the token: good for five minutes and one purchase.""",
    "sign_in": """Exchange a username and its password for a token
        The token is as good as one that an API key is exchanged for. Wrong attempts count by address and login.""",
    "issue_token": """Exchange an API key for a token
        A body is read whatever its content type is.""",
    "get_token": """Exchange an API key for a token
        As by POST; the query says what the body does.""",
    "release_token": "Give a token back",
}
