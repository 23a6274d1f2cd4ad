"""What everything may use: errors, shelves, plain English, files."""
