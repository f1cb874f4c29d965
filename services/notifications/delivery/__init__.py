"""Getting letters to their offices: attempts, their outcomes, what an operator decides about those that are stuck.

It carries whatever letters it is handed and knows none of their kinds; what a channel can do it asks the channel's
declaration. It never decides that something is late, and sends nothing twice that a receiver might take twice.
Feature rows: part of SY44; promise P9.
"""
