"""How far the counties' topics are read, said in order with what was recorded: the heartbeat (promise P3)."""
