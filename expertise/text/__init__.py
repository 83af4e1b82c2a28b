"""Words for people in Kazakh, Russian and English, without Flask or a request: the language is an argument."""
