"""A sector's criteria as values (`standards`), and how a file says them (`reading`, `workbook`). Pure."""
