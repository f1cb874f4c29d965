"""What every service stands on: events in and out, time, HTTP, health. It knows no domain."""
