"""Lists of needs as people write them: read, confirmed line by line, triaged (读清单)."""
