"""What `Tally.diagnose` computes and says."""
