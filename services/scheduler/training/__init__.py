"""安全培训档案: one session, entered once, read as 一企一册, 一期一档 and 一人一档.

Who was trained is personal data and stands in this slice alone. It leaves it only in answers to those who may read it:
the enterprise itself, and the offices of its county and of the city. Nothing here is published, and no log line, metric
or kept answer names anybody. Feature row: SY12.
"""
