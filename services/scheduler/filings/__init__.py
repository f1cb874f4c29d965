"""What counties' systems file by event (任务办理): taken from their topics, decided as over HTTP, answered on their feedback.

Owns nothing: a filing is the task's, what was refused a dead letter with its reason. Its consumer's progress is what the
alarms about tasks wait for (`tasks/handlers/hearing.py`).
"""
