"""Evidence: files that show controls to work, their versions, reviews and expiry."""
