"""The development issuer: gives tokens for the example accounts, as a city's OpenID Connect provider would.

It knows no person and asks for no password but its own: whoever reads `.duban/credentials/issuer` is anybody. It listens
on loopback and refuses to serve a profile that is one of a city in production.
"""
