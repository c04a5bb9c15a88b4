"""Finding passages of evidence: cut, embedded and indexed in the background, found by words and by meaning."""
