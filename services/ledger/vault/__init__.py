"""The vault (保密库): who reported a tip, sealed, in a database and under a role of its own (P8).

It knows subjects by an opaque id and never what a tip says; it speaks to no topic, and no other slice opens its database.
Whoever wants to know an identity asks with a reason, is released by a second person where the city says so, and leaves a
record that nobody can take away. Feature rows: SY34; SY35 by its blind index.
"""
