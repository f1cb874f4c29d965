"""The city's calendar: working days, holidays and 调休, and the policy by which deadlines and reminders fall on days.

The rules of days are the contract's (`duban_contracts.deadlines`), because statistics count by them too; here is what the
scheduler alone needs of them. Ground of the scheduler; it keeps no rows. Feature rows: part of SY01 to SY08 (every deadline stands on it).
"""
