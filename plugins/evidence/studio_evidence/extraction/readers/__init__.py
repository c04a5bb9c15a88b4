"""One reader for each kind of file. They run in the process that reads, never in the server."""
