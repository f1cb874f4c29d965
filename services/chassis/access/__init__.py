"""Who is calling and what they may see and do: roles, scope, policy, keys, accounts. One place, no second opinion.

`roles`, `principal`, `scope` are pure. A slice declares `policy.Action`s, its routes depend on `policy.allow`, its
tables take `Scope.where`, its single rows pass `refusals.found_in_scope`. `lint` keeps it so.
"""
