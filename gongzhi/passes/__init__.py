"""Room 11, a leaf that nobody imports: health passes (健康码), removable as a whole."""
