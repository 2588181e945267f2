"""Messages to people on duty: inbox, outbox of every channel, and the call-down list."""
