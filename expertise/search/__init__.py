"""Search over everything a person may see: cases, comments, files, letters, people, organisations."""
