"""People sign in with OpenID Connect: a provider's tokens are verified here and become principals.

`provider` fetches keys, `tokens` verifies by them (pure), `people` says whose account a subject has (pure but for its
file), `door` puts the three together, and `opening` loads that where the settings name a provider; `refusals` is all that
others know. Services are resource servers (RFC 6750, RFC 9068): the flow with the browser, and with it `nonce`, belongs to
whatever application a person uses.
"""
