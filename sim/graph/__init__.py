"""The follower graph: compressed sparse rows, drawn from a seed or read from an edge list, and measured."""
