"""The city's calendar: working days, holidays and 调休, and the policy by which deadlines and reminders fall on days.

Ground of the scheduler; it keeps no rows. Feature rows: part of SY01 to SY08 (every deadline stands on it).
"""
