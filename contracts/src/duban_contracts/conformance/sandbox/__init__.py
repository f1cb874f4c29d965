"""A gateway and a topic that misbehave on purpose, and a judgement of the publisher that had to do with them.

It tests from outside, so it certifies a publisher in any language. `script` says what goes wrong, `city` answers by the
platform's own rules, `evidence` keeps what was seen, `judge` judges it, `certificate` writes it down; all of them are
pure. `gateway` (HTTP, standard library) and `topic` (Kafka, the extra `kit`) are the ways in.
"""
