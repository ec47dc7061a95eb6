"""Whether somebody knows a secret, told in a time that says nothing about it."""

import hmac


def is_same(given: str, secret: str) -> bool:
    """Whether `given` is the secret. Never without one: an inbox that has none lets nobody in."""
    # Headers come with bytes that are no UTF-8 kept as lone surrogates.
    mine, theirs = (text.encode(errors="surrogatepass") for text in (secret, given))
    return hmac.compare_digest(mine, theirs) and bool(secret)
