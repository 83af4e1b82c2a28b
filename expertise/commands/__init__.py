"""Commands of `komek`, a module for each subject."""
