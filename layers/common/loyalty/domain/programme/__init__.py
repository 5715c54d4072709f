"""The reward programme: currencies, business units, offers, and what they are made of."""
