"""Who gets letters and how a city writes them: offices and their addresses, as the profile's contacts.json says.

Ground of notifications: every other slice may ask it, it asks none, and it keeps no rows. Addresses of offices stand
here and in the `delivery` table only. Feature rows: part of SY44; later the principals and controllers of SY46.
"""
