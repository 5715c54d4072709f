"""The shapes of the vendor's objects in answers (contract, objects): every listed field of the newest release, null
where it has no value (Q4). What may be missing is an alternative amount, where there is no alternative currency
(row 21)."""
