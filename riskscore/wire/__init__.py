"""The JSON that riskscore speaks and stores: schemas of answers, how records become them, and the encoding.

Below the HTTP edge, because the store keeps an assessment as the bytes that the API answers with, and
archives and exports write the same objects.
"""
