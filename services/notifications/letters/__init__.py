"""Letters (文书): why one is written, its number, its words, who may read it, and that its receiver signed for it.

A letter is about a subject and has one cause; each kind is one file of `kinds/`. This slice decides that a letter is
written and what became of it as a whole; it never decides that something is late, and how letters travel is delivery's.
Feature rows: SY44; later SY51. Promise P9: one number, one letter for one cause.
"""
