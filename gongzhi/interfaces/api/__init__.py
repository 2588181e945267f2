"""The REST API: every deed and every list of the rooms, described by OpenAPI."""
