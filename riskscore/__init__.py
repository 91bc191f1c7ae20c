"""riskscore reads corporate news and says how exposed each company is to US–China regulation."""

__version__ = "0.1.0"
