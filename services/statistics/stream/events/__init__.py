"""The way in from Kafka: Faust's app and agent, what a record means, the role around them and its observer."""
