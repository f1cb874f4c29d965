"""The feed (SY64 县级系统接入): a county's own hazards and answers over HTTPS, in order, for whoever has no Kafka client.

Owns the tables `feed` and `feed_end`; reads the counties' feedback topics and hands the answers among them to the
receipts, the one slice it knows.
"""
