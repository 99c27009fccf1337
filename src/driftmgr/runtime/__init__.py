"""What every outside call goes through: retry and limits."""
