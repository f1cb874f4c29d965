"""Task rows: planned in bulk (`plans`), locked and written by moves (`rows`), read in lists and sums (`lists`)."""
