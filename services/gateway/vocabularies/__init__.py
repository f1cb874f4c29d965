"""Vocabularies (SY64 县级系统接入): every code that a county may meet, with its Chinese name, over HTTP.

Owns nothing: vocabularies and codes are the contract's, divisions are the profile's.
"""
