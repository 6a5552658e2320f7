"""Tests of scoring a log of one's own."""
