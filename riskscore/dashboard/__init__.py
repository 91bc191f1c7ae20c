"""The analyst's desk: pages over the same functions that answer the API, in the same process.

A page module takes a request, asks what the API would ask, and fills a template. Nothing here has SQL,
scores by itself or decides a status code. See docs/decisions/0011-dashboard.md.
"""
