"""The stream (P5, SY52 to SY54): Faust reads the ledger's topic and folds it into `books`. Hazards only, never more.

Owns the stream table `hazards` in RocksDB; its rows in PostgreSQL belong to `books`, the one slice it knows. What Faust
needs help with stands here and nowhere else (docs/adr/0009-faust-for-one-stream.md).
"""
