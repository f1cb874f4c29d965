"""Tasks: what a unit has to do once, until when, and how it went: 下达, 签收, 报送, 认可 or 退回, late or not.

A task is planned from a duty by whoever plans (`handlers/plan.py`), and carried on by people (`moves/`). Its reminders
and its 督办逾期 are raised by `alarms`. It never decides what has to be done: that is the duties'. Feature rows: SY04
(owner and helpers), SY06 to SY11, SY13, SY14, SY16, SY18, SY20.
"""
