"""What every outside call goes through: rate limits, circuit breakers, retries, a cache, and an orderly end."""
