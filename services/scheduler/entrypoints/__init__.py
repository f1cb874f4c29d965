"""Events, HTTP and the clock: parse, call the application, answer."""
