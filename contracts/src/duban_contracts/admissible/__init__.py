"""What an event may hold: one rule for every door, for the kit, and for what the platform publishes itself.

`octets` (UTF-8, no name twice), `texts` (which characters, what says nothing, what looks the same), `instants` (what UTC
holds), `media_types` (parameters and case), `dates` (what can be true). All of it is pure; `validation` and
`cloudevents` ask here and give the answers their codes. The codes in words: contracts/docs/codes.md.
"""
