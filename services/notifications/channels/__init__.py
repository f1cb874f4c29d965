"""The ways letters travel, one file for each: what the other side does, how to send once, what its answer means.

A channel is a declared `Channel`: whether its receivers drop repeats, how many messages they take in a second and a minute,
how long a text. Delivery asks that and never the channel's name. It decides nothing, keeps no rows and knows no letter's kind.
Feature rows: part of SY44 (shows delivered).
"""
