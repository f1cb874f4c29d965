"""Tests of the statistics service."""
