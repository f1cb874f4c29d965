"""HTTP as every service speaks it: the app, problem details, pages, closed bodies."""
