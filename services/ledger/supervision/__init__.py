"""What others say about a hazard: 督办逾期, which marks it, and letters, which stand in its timeline (promise P3; SY23)."""
