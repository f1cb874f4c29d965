"""Intake (SY64 县级系统接入): takes a county's events in over HTTP, checks them, and hands them to its topic.

Owns no table: what it promises is written down by `receipts`, the one slice it knows.
"""
