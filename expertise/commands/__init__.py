"""What the command `komek` can do, a file for each subject."""
