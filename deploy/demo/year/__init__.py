"""A year of the committee in a minute: 2024 played again on a real scheduler, whose clock is moved from deed to deed.

`script` says what becomes of each task, `people` act it over HTTP, `play` moves the clock, `reckoning` and `audit` look at
what came of it. They share nothing with the scheduler: what is expected follows from the printed table and from what the
people noted.
"""
