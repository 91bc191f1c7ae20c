"""The shipped model: its files, manifest and operating points."""
