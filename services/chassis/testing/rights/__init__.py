"""Tries every endpoint of a service with every role and scope.

A service lists one specimen per endpoint: how to make a row of known facts, and which request reaches it. What an
account may then see is written out by hand (`people`), not reckoned by the code under test.

    async def test_every_endpoint_gives_each_role_and_scope_what_the_policy_says(app: FastAPI) -> None:
        assert await examine(app, SPECIMENS) == []
"""
