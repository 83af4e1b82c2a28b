"""The doors: who is it, what do they want, hand it to the desk."""
