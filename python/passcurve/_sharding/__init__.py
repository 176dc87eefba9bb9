"""Logs in shards, whatever engine counts them: what an engine has to do is a `driving.Engine`."""
