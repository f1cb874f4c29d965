"""Notifications (通知): numbered letters about supervision, their delivery, and what became of them."""
