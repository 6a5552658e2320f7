"""The page for a class: which runs it shows, what is read from them, and how it is put together into one HTML file.

The page itself, its HTML, styles, scripts and texts, lies in `notebooks/lesson/`, which only a clone has.
"""
