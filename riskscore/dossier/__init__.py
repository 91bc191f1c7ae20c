"""What the store says of a company: answer, ranking, replay and the file note in every format."""
