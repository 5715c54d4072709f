"""The isolation table: what a partner is answered about what is another's, by every field of every route."""
