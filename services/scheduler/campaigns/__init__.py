"""Plans and campaigns (要点、任务表、行动): what groups duties, what a plan demands of itself, and what it lacks.

A plan states how often each kind of work has to appear in it; the gap check compares that with its duties. A campaign
has phases or a season; which one is current follows from the day, without edits. Neither makes tasks: duties do.
Feature rows: SY02, SY05, SY21; SY01's table as a plan.
"""
