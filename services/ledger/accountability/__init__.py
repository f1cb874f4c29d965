"""责任倒查: a closure that was false opens a case in the same transaction; it names posts and ends with a result.

It never names a person, and moves no hazard: marking one false is a move of the hazard, and this slice follows it.
Feature row: SY38.
"""
