"""The books of what counties say that stands for itself (登记): what a book is, which word of a county stands in it, and its rows.

It never decides whether a claim may be taken: `claims` does, and names every book (`claims/handlers/books.py`). What is listed of a
book is the slice's whose book it is.
"""
