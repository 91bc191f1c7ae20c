"""The HTTP edge: `riskscore.api.app.create_app(settings)` and the wire schemas it speaks.

Nothing is imported here, so that the command line can use the wire schemas without FastAPI.
"""
